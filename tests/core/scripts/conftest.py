"""Fixtures for every test of scripts."""

from script_tools import watcher

__all__ = ["watcher"]
