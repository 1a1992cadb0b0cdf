"""The oracle's networks touch nothing but themselves, and nothing of them stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.reachability.oracle.description import questions
from tests.reachability.oracle.draw import draw
from tests.reachability.oracle.harness import Workers
from tests.reachability.oracle.namespaces import missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

_ROOT = Path(__file__).parents[3]
_LOOK = """
import subprocess
from tests.reachability.oracle.namespaces import leave_the_host
leave_the_host()
for what in ("link", "route", "-6 route"):
    print(subprocess.run(["ip", "-o", *what.split()], capture_output=True, text=True).stdout)
"""


def _host() -> tuple[set[str], list[str], str]:
    """The host's devices, named namespaces and routes."""
    named = Path("/run/netns")
    return (
        {one.name for one in Path("/sys/class/net").iterdir()},
        sorted(one.name for one in named.iterdir()) if named.is_dir() else [],
        Path("/proc/net/route").read_text(),
    )


def _namespaces_held_by(process: int) -> int:
    held = 0
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        held += str(descriptor.readlink()).startswith("net:")
    return held


def test_a_worker_has_no_way_out() -> None:
    seen = subprocess.run(
        [sys.executable, "-c", _LOOK], cwd=_ROOT, capture_output=True, text=True, check=True
    )
    (line,) = seen.stdout.split("\n\n")[0].strip().splitlines()
    assert " lo: <LOOPBACK>" in line
    assert seen.stdout.strip() == line


def test_the_host_sees_nothing_of_it() -> None:
    before = _host()
    with Workers(1) as workers:
        workers.observe(draw(0), questions(draw(0)))
        assert _host() == before
    assert _host() == before


def test_a_worker_lets_go_of_every_namespace_after_each_network() -> None:
    with Workers(1) as workers:
        for seed in (2, 28):
            workers.observe(draw(seed), questions(draw(seed)))
            assert _namespaces_held_by(workers.processes[0]) == 0


def test_a_killed_worker_leaves_nothing_and_the_next_one_works() -> None:
    before = _host()
    description = draw(28)
    with Workers(1) as workers:
        first = workers.observe(description, questions(description))
        killer = threading.Timer(1.0, os.kill, (workers.processes[0], signal.SIGKILL))
        killer.start()
        with pytest.raises(RuntimeError, match="the worker ended"):
            workers.observe(description, questions(description), patience=30.0)
        killer.join()
        assert workers.observe(description, questions(description)).states == first.states
    assert _host() == before
