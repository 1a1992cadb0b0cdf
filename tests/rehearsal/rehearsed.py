"""Rehearsals as a user runs them, and what the host has of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal import runs
from rehearsal.runs import Run
from tests.synthesised import ROOT

APPLICATION = ROOT / "tests" / "fixtures" / "microblog"


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "rehearsal", *map(str, arguments)]


def rehearse(*arguments: str | Path, timeout: float = 1500) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False
    )


@dataclass(frozen=True)
class Kept:
    """A rehearsal that goes on: its checks, and a way into it."""

    run: Run
    checks: list[dict[str, Any]]
    junit: str

    def of(self, group: str) -> dict[str, dict[str, Any]]:
        """The checks of a group by their subject."""
        return {one["subject"]: one for one in self.checks if one["group"] == group}

    def inside(self, machine: str, script: str) -> str:
        """What a shell script prints in a machine; its failure is the test's."""
        done = subprocess.run(
            command("shell", machine, "--name", self.run.name),
            cwd=ROOT,
            input=script,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def in_namespace(self, name: str, *words: str) -> str:
        """What a command prints in one of the run's network namespaces."""
        space = self.run.seen_from_host(self.run.inside / "namespaces" / name)
        done = subprocess.run(
            ["nsenter", f"--net={space}", *words], capture_output=True, text=True, timeout=60
        )
        return done.stdout

    def namespaces(self) -> list[str]:
        folder = self.run.seen_from_host(self.run.inside / "namespaces")
        return sorted(one.name for one in folder.iterdir())


def traces(name: str) -> list[str]:
    """What the host has of a run: its folder, processes, mounts, devices and control groups."""
    found = [str(one.folder) for one in runs.runs() if one.name == name]
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if name in path.read_text(errors="replace") and path.parent.name != str(os.getpid()):
                found.append(str(path))
        except OSError:
            continue
    found += [line for line in Path("/proc/mounts").read_text().splitlines() if name in line]
    links = json.loads(subprocess.check_output(["ip", "-json", "link"], text=True))
    found += [one["ifname"] for one in links if re.match(r"(host|nat|peer|vpc)\d", one["ifname"])]
    found += [str(one) for one in Path("/sys/fs/cgroup").glob(f"**/{name}")]
    return found
