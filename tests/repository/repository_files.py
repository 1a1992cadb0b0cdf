"""What git keeps of this repository, and where the tools that look at it lie."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
MAKES_OWN = re.compile(r"MAKE|MFLAGS")


@cache
def tracked(*patterns: str) -> tuple[str, ...]:
    """Paths that git keeps, by pathspec; without a git checkout the test is skipped."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("needs a git checkout, and git: apt-get install git")
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    # What is deleted and not yet committed is listed still.
    return tuple(name for name in listed.stdout.split("\0") if (ROOT / name).is_file())


@cache
def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a command; its output is both streams, so that an assertion shows all of it.

    A make that it starts knows nothing of the `make test` that started pytest.
    """
    return subprocess.run(
        command,
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if not MAKES_OWN.match(name)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
