"""The measurements: `python -m tests.bench [--json] [--only NAME,...]`. See docs/benchmarks.md for what each figure means."""
