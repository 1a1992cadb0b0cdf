"""Rehearsals as the host sees them: a folder each, and one process that all else hangs from.

A run is `RUNS/NAME`: `state.json` is there before anything is made, `inside` is where the run's own
mount namespace has its disks and networks. To the host it stays an empty folder.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructs_lib.errors import RunError
from rehearsal import control_groups

RUNS = Path("/run/microblog-rehearsal")
_NEW = 60.0
"""Seconds in which whoever made a run's folder may not have noted yet that it is theirs."""


@dataclass(frozen=True)
class Run:
    """One rehearsal, running or what is left of it."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def inside(self) -> Path:
        return self.folder / "inside"

    def age(self) -> float:
        """Seconds since anything was noted; 0 when the run is gone by now."""
        with suppress(OSError):
            return time.time() - self.folder.stat().st_mtime
        return 0.0

    def state(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            found: dict[str, Any] = json.loads((self.folder / "state.json").read_text())
            return found
        return {}

    def note(self, **state: object) -> None:
        """Add to the state, which is replaced whole."""
        draft = self.folder / ".state.json"
        draft.write_text(json.dumps({**self.state(), **state}), encoding="utf-8")
        draft.rename(self.folder / "state.json")

    def process(self) -> int | None:
        """The id of the run's first process, if that lives."""
        state = self.state()
        pid = state.get("pid")
        if isinstance(pid, int) and _started(pid) == state.get("started"):
            return pid
        return None

    def seen_from_host(self, path: Path) -> Path:
        """A path of the run's own mount namespace. Raises RunError when it does not run."""
        return Path(f"/proc/{self._living()}/root{path}")

    def leader(self, machine: str) -> int:
        """The process id of a machine's systemd. Raises RunError."""
        self._living()
        wanted = f"--directory={self.inside}/machines/{machine}/root"
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError, IndexError, ValueError):
                if wanted in path.read_text().split("\0"):
                    children = path.parent / "task" / path.parent.name / "children"
                    return int(children.read_text().split()[0])
        raise RunError(f"{self.name}: no machine {machine} runs")

    def end(self) -> None:
        """Take the run down; nothing of it is left."""
        if (pid := self.process()) is not None:
            os.kill(pid, signal.SIGKILL)
        control_groups.remove(self.name)
        with suppress(FileNotFoundError):
            shutil.rmtree(self.folder)
        with suppress(OSError):
            RUNS.rmdir()

    def _living(self) -> int:
        if (pid := self.process()) is None:
            raise RunError(f"{self.name}: the rehearsal does not run; take it down: rehearse down")
        return pid


def register(environment: str) -> Run:
    """A run with a name that no other has, before anything of it exists."""
    run = None
    while run is None:
        RUNS.mkdir(mode=0o700, exist_ok=True)
        # The last run of others may take the folder away just now.
        with suppress(FileNotFoundError):
            run = Run(Path(tempfile.mkdtemp(dir=RUNS, prefix=f"{environment}-")))
    run.note(owner=os.getpid(), owner_started=_started(os.getpid()))
    run.inside.mkdir()
    return run


def runs() -> list[Run]:
    """Every run there is, oldest first."""
    found = RUNS.iterdir() if RUNS.is_dir() else iter(())
    return sorted(map(Run, found), key=Run.age, reverse=True)


def forsaken() -> Iterator[Run]:
    """Runs that neither run nor are being started."""
    for run in runs():
        state = run.state()
        owner = state.get("owner")
        starting = isinstance(owner, int) and _started(owner) == state.get("owner_started")
        new = not state and run.age() < _NEW
        if run.process() is None and not starting and not new:
            yield run


def start(run: Run, order: dict[str, Any]) -> subprocess.Popen[str]:
    """Start the run's process; it ends when its standard input does, unless it is told "keep"."""
    process = subprocess.Popen(
        [
            "unshare",
            *("--mount", "--propagation=private", "--net", "--ipc", "--uts"),
            *("--pid", "--fork", "--kill-child", "--mount-proc"),
            *(sys.executable, "-m", "rehearsal.inside"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=(run.folder / "log").open("wb"),
        text=True,
        # Ctrl-C is for the command, which then ends the run in its own order.
        start_new_session=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    for _ in range(500):
        with suppress(OSError):
            if found := children.read_text().split():
                run.note(pid=int(found[0]), started=_started(int(found[0])))
                return process
        if process.poll() is not None:
            break
        time.sleep(0.01)
    raise RunError(f"{run.name}: could not be started: {last_words(run)}")


def last_words(run: Run) -> str:
    """The last line of what the run's process said of itself."""
    with suppress(OSError):
        lines = (run.folder / "log").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"
    return "it said nothing"


def _started(pid: int) -> str:
    """When a process was started, in the kernel's ticks; empty if there is none ("proc(5)")."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return ""
