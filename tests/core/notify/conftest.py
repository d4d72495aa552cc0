"""Fixtures of the messages' tests; what they use by name is in conftest_notify, a name no other folder has."""

from conftest_notify import certificate, nasty, serve

__all__ = ["certificate", "nasty", "serve"]
