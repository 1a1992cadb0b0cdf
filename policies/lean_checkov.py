"""Checkov without what the gate has no use for: a third of its start is spent on other clouds."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def leave_out_other_clouds() -> None:
    """Let checkov find empty packages where its checks for clouds other than AWS are.

    Without effect once checkov is imported, or where its folders are laid out in another way: then
    it loads everything, as it does by itself.
    """
    found = importlib.util.find_spec("checkov")
    if "checkov.terraform" in sys.modules or found is None or found.origin is None:
        return
    for kind in ("resource", "data"):
        folder = Path(found.origin).parent / "terraform" / "checks" / kind
        for cloud in folder.glob("*/__init__.py"):
            if cloud.parent.name != "aws":
                name = f"checkov.terraform.checks.{kind}.{cloud.parent.name}"
                sys.modules[name] = types.ModuleType(name)


@contextmanager
def terminal_left_alone() -> Iterator[None]:
    """Checkov, when imported, would let colorama wrap standard output and reset it at the end."""
    colorama: Any = importlib.import_module("colorama")
    before = colorama.init
    colorama.init = lambda *_, **__: None
    try:
        yield
    finally:
        colorama.init = before


@contextmanager
def collector_paused() -> Iterator[None]:
    """Python's cyclic collector finds nothing to free among modules being imported."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
