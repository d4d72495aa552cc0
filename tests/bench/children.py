"""Processes that a measurement starts: each is ended by its own id when the measurement is over, however it ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


def end(process: subprocess.Popen[str]) -> None:
    """End a process that we started and wait until it is gone."""
    if process.stdin is not None:
        process.stdin.close()
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


@contextmanager
def helper(module: str, *arguments: str, env: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run a module of ours beside the measurement; give the first line it prints. Raises RuntimeError when it prints none."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=env,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None  # asked for above
        said = process.stdout.readline().strip()
        if not said:
            raise RuntimeError(f"{module} ended before it was ready.")
        yield said
    finally:
        end(process)
