"""Answers on standard output: in words for a person, as JSON, or as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from reachability import report
from reachability.changes import Change
from reachability.contract import Difference
from reachability.intervals import is_world
from reachability.live import Comparison
from reachability.matrix import Matrix
from reachability.verdict import Verdict

Form = Literal["words", "json", "markdown"]


def print_matrix(found: Matrix, title: str, form: Form) -> None:
    """Everyone against everyone; where that is too wide for the terminal, a line per source."""
    if form == "json":
        _print_json(report.matrix_json(found))
        return
    if form == "markdown":
        typer.echo(report.matrix_markdown(found), nl=False)
        return
    console = Console()
    square = sum(len(name) + 2 for name in found.names) + max(map(len, found.names)) + 4
    console.print(_square(found, title) if square <= console.width else _listed(found, title))


def _square(found: Matrix, title: str) -> Table:
    heading = f"{title}: open TCP ports, from the left to the top"
    table = Table(title=heading, title_justify="left", box=SIMPLE)
    table.add_column("", no_wrap=True)
    for name in found.names:
        table.add_column(name, overflow="fold", min_width=len(name))
    for source in found.names:
        cells = [report.words(found.cell(source, one)) or "·" for one in found.names]
        table.add_row(source, *cells)
    return table


def _listed(found: Matrix, title: str) -> Table:
    table = Table(title=f"{title}: open TCP ports", title_justify="left", box=SIMPLE)
    table.add_column("from", no_wrap=True)
    table.add_column("to", overflow="fold")
    reached: dict[str, list[str]] = {name: [] for name in found.names}
    for source, destination, cell in found.pairs():
        reached[source].append(f"{destination} {report.words(cell)}")
    for source, several in reached.items():
        table.add_row(source, " · ".join(several) or "·")
    return table


def print_verdict(verdict: Verdict, form: Form) -> None:
    """One line per hop, or what stops it."""
    if form == "json":
        _print_json(report.verdict_json(verdict))
        return
    typer.echo(report.verdict_words(verdict))
    if verdict.addresses and not is_world(verdict.addresses):
        typer.echo(f"  for the addresses {verdict.addresses}")


def print_changes(found: Sequence[Change], form: Form) -> None:
    """A change a line."""
    if form == "json":
        _print_json(report.changes_json(found))
    else:
        _print_lines(map(str, found), form, "changes nothing about who can reach whom")


def print_breaches(found: Sequence[Difference], form: Form) -> None:
    """A difference to the contract a line."""
    if form == "json":
        _print_json([report.difference_json(one) for one in found])
    else:
        none = "as promised: nothing more is open, nothing less works"
        _print_lines(map(str, found), form, none)


def print_comparison(found: Comparison, stack: str, form: Form) -> None:
    """A difference of the account a line, and what was not looked at."""
    if form == "json":
        _print_json(found.json())
        return
    same = [] if found.differs else [f"the account lets through what {stack} says, no more"]
    _print_lines([*same, *found.lines()], form)


def _print_lines(lines: Iterable[str], form: Form, none: str = "") -> None:
    mark = "- " if form == "markdown" else ""
    typer.echo("\n".join(f"{mark}{line}" for line in lines) or none)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2))
