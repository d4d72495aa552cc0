"""Setup > Scripts: the users' JavaScript, tried out where it is written."""
