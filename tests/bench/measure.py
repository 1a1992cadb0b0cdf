"""Whole processes, timed and weighed by the operating system."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """One finished process: wall-clock seconds, megabytes of its largest process, its output."""

    seconds: float
    megabytes: float
    output: str = ""


class BenchError(Exception):
    """A measured command ended in an error."""


def run(command: Sequence[str], *, env: Mapping[str, str] | None = None, ok: int = 0) -> Run:
    """Run to the end; raises BenchError when it does not exit with `ok`."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != ok:
        raise BenchError(f"{' '.join(command)}: exit {process.returncode}, not {ok}")
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return Run(seconds, usage.ru_maxrss / unit, output)


def median(runs: Sequence[Run]) -> Run:
    """The median of each figure."""
    return Run(
        statistics.median(one.seconds for one in runs),
        statistics.median(one.megabytes for one in runs),
    )
