"""Setup > Contacts: the people who can be told, and their groups."""
