"""Synthesis as every command begins with it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

ROOT = Path(__file__).resolve().parent.parent

OUTPUT = Path(os.path.relpath(ROOT / "cdktf.out"))


def synthesise(environments: Sequence[str]) -> None:
    """Run main.py as the cdktf CLI does, less the contract, which the gate holds as well.

    Its failures are told already, so only its exit code counts: typer.Exit has it.
    """
    command = [sys.executable, str(ROOT / "main.py"), "--no-contract", *environments]
    finished = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if finished.returncode != 0:
        raise typer.Exit(finished.returncode)
