"""A plan's words for a person at a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console

from delivery.plan_words import Section

_MOST = 12


def print_sections(found: Iterable[Section], console: Console) -> None:
    """In whole lines, so that what they name can be copied."""
    for section in found:
        console.print(section.title, style="bold red" if section.alarming else "bold")
        for line in section.lines if section.alarming else condensed(section.lines):
            console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)


def condensed(lines: Sequence[str]) -> list[str]:
    """The lines; where they are many and mere addresses, how many of each type instead."""
    if len(lines) <= _MOST or any(" " in line for line in lines):
        return list(lines)
    counts = Counter(line.rpartition(".")[0].rpartition(".")[2] for line in lines)
    kinds = [f"{count} {type_.removeprefix('aws_')}" for type_, count in counts.most_common()]
    return [", ".join(kinds)]
