"""Calls in, factors out: NumPy, no I/O. Runs on the engine thread; imports only model."""
