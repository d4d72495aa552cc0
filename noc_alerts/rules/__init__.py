"""Factors in, transitions out: pure functions with `now` as an argument. Imports only metrics and model."""
