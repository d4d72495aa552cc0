"""The revisions of noc.db, one file each."""
