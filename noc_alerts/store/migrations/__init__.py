"""Alembic's script folder of noc.db; run by store/migrate.py from code, never by hand."""
