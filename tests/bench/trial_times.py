"""Where the time of `make run` goes: ours, Terraform's with its provider, the emulator's."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from delivery import terraform_cli
from tests.bench.measure import BenchError

_TICK = 0.05

# Stands for the engine, and writes down from when to when it ran.
_ENGINE = """#!/bin/sh
begun=$(date +%s.%N)
{engine} "$@"
code=$?
echo "$begun $(date +%s.%N)" >>{times}
exit $code
"""


@dataclass(frozen=True)
class Split:
    """Wall-clock seconds, which add up to `total`.

    `emulator` is its start and the processor time of its answers, for which the engine waits.
    """

    total: float
    engine: float
    emulator: float

    @property
    def ours(self) -> float:
        return self.total - self.engine - self.emulator


def measure() -> Split:
    """One `make run` of dev. Raises BenchError, and TerraformError where there is no engine."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        times, engine = folder / "times", folder / "engine"
        engine.write_text(_ENGINE.format(engine=terraform_cli.binary(), times=times))
        engine.chmod(0o700)
        begun = time.time()
        process = subprocess.Popen(
            [sys.executable, "-m", "delivery.run", "dev"],
            env={**os.environ, "TERRAFORM_BINARY_NAME": str(engine), "TMPDIR": name},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started, busy = 0.0, 0.0
        while process.poll() is None:
            started = started or _seconds_to_start(folder)
            busy = max(busy, _processor_seconds(name))
            time.sleep(_TICK)
        total = time.time() - begun
        if process.returncode:
            raise BenchError(f"make run: exit {process.returncode}")
        ran = [line.split() for line in times.read_text().splitlines()]
    engine_seconds = sum(float(end) - float(start) for start, end in ran)
    answers = max(0.0, busy - started)
    return Split(total, engine_seconds - answers, started + answers)


def _seconds_to_start(folder: Path) -> float:
    """From the start of the emulator's process to its first answer; 0 until it has answered."""
    for port in folder.glob("microblog-*/emulated/*/port"):
        try:
            return port.stat().st_mtime - (port.parent / "serving").stat().st_mtime
        except FileNotFoundError:
            continue
    return 0.0


def _processor_seconds(marked: str) -> float:
    """Of the emulator's process, which has the folder's name in its command line."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace")
            if "delivery.emulated\0" in words and marked in words:
                fields = (process / "stat").read_text().rpartition(")")[2].split()
                return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            continue
    return 0.0
