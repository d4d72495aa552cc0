"""The Alerts screen: the list of alerts and their editors."""
