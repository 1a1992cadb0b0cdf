"""However a rehearsal ends, nothing of it is left on the host."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from rehearsal import host, runs
from tests.rehearsal.rehearsed import command, rehearse, traces
from tests.synthesised import ROOT

Found = TypeVar("Found")


@pytest.fixture(autouse=True)
def possible() -> None:
    if reason := host.missing():
        pytest.skip(reason)


@pytest.fixture
def started(outdir: Path) -> Iterator[tuple[subprocess.Popen[str], runs.Run]]:
    """A rehearsal that stands still in the middle, and its command, which waits for it."""
    before = {one.name for one in runs.runs()}
    process = subprocess.Popen(
        command("dev", "--dir", outdir, "--network-only", "--keep"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        run = until(lambda: next((one for one in runs.runs() if one.name not in before), None))
        os.kill(until(run.process), signal.SIGSTOP)
        yield process, run
    finally:
        process.kill()
        process.communicate()
        run.end()


def until(ask: Callable[[], Found | None], patience: float = 30) -> Found:
    deadline = time.monotonic() + patience
    while (found := ask()) is None:
        assert time.monotonic() < deadline, "in vain"
        time.sleep(0.05)
    return found


def test_killed_without_a_word_leaves_only_what_down_takes_away(
    started: tuple[subprocess.Popen[str], runs.Run],
) -> None:
    process, run = started
    pid = run.process()
    process.kill()
    process.wait(10)
    assert pid is not None
    os.kill(pid, signal.SIGCONT)
    until(lambda: True if run.process() is None else None)
    assert not Path(f"/proc/{pid}/ns").exists()
    assert rehearse("down", run.name).returncode == 0
    assert traces(run.name) == []


def test_interrupted_it_takes_itself_down(
    started: tuple[subprocess.Popen[str], runs.Run],
) -> None:
    process, run = started
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert traces(run.name) == []


def test_its_inside_killed_is_one_line(
    started: tuple[subprocess.Popen[str], runs.Run],
) -> None:
    process, run = started
    pid = run.process()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said.strip().splitlines()[-1].startswith(f"{run.name}: ended before its end")
    assert traces(run.name) == []
