"""A rehearsal for people, at the terminal and in files."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.etree import ElementTree

from rich.box import SIMPLE
from rich.console import Console
from rich.live import Live
from rich.table import Table

from rehearsal.checks import Check

_COLOURS = {"ok": "green", "failed": "red", "left out": "yellow", "boots": "default"}


class Terminal:
    """What goes on, on stderr: a table that changes where a person watches, else a line each."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._begun = time.monotonic()
        self._machines: dict[str, tuple[str, str, float]] = {}
        self._live = Live(console=self._console, transient=True, refresh_per_second=4)

    def __enter__(self) -> Terminal:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def phase(self, name: str) -> None:
        self._print(f"[{time.monotonic() - self._begun:5.1f} s] {name}")

    def machine(self, name: str, step: str, state: str, seconds: float) -> None:
        self._machines[name] = (step, state, seconds)
        if not self._console.is_terminal:
            self._print(f"[{time.monotonic() - self._begun:5.1f} s] {name} {state}: {step}")
            return
        table = Table(box=None, show_header=False)
        for one, (at, how, after) in sorted(self._machines.items()):
            table.add_row(f"  {one}", f"{after:5.1f} s", how, at, style=_COLOURS[how])
        self._live.update(table)

    def kept(self, run: str) -> None:
        self._print(f"{run} is kept: rehearse shell|curl|logs HOST; rehearse down {run}")

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)

    def table(self, checks: Iterable[Check]) -> None:
        """Every check, and the sum of them, on stdout."""
        found = list(checks)
        table = Table(box=SIMPLE)
        for heading in ("", "checked", "result", "seen"):
            table.add_column(heading, overflow="fold")
        last = ""
        for one in found:
            group = one.group if one.group != last else ""
            last = one.group
            table.add_row(group, one.subject, one.result, one.detail, style=_COLOURS[one.result])
        console = Console(highlight=False)
        if not console.is_terminal:
            console.width = 200
        console.print(table)
        count = Counter(one.result for one in found)
        seconds = time.monotonic() - self._begun
        words = [f"{count[name]} {name}" for name in ("ok", "failed", "left out") if count[name]]
        console.print(f"{', '.join(words)} in {seconds:.0f} s", markup=False)


def write_json(
    path: Path, environment: str, checks: Iterable[Check], figures: Mapping[str, float]
) -> None:
    """{"environment": NAME, "checks": [{"group", "subject", "result", "detail", "seconds"}],
    "figures": {NAME: NUMBER}}; the figures are those of `runner.Outcome`."""
    document = {
        "environment": environment,
        "checks": [one.json() for one in checks],
        "figures": {name: round(value, 2) for name, value in figures.items()},
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def write_junit(path: Path, environment: str, checks: Iterable[Check]) -> None:
    """One test case a check; what was left out is skipped, never passed."""
    found = list(checks)
    count = Counter(one.result for one in found)
    suite = ElementTree.Element(
        "testsuite",
        name=f"rehearse {environment}",
        tests=str(len(found)),
        failures=str(count["failed"]),
        skipped=str(count["left out"]),
    )
    for one in found:
        case = ElementTree.SubElement(
            suite, "testcase", classname=one.group, name=one.subject, time=f"{one.seconds:.2f}"
        )
        if one.result == "failed":
            ElementTree.SubElement(case, "failure", message=one.detail)
        elif one.result == "left out":
            ElementTree.SubElement(case, "skipped", message=one.detail)
    tree = ElementTree.ElementTree(suite)
    tree.write(path, encoding="utf-8", xml_declaration=True)
