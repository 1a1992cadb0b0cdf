"""The verdict for a person to read."""

from __future__ import annotations

from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from policies.report import Finding, Report

_UNWRAPPED = 10_000


def render(report: Report) -> RenderableType:
    """What is refused, by check; then what is wrong with the waivers; then one line of counts."""
    parts: list[RenderableType] = []
    ordered = sorted(report.refused, key=lambda one: (one.check, one.path))
    for _, same in groupby(ordered, key=lambda one: one.check):
        parts += [*_check(list(same)), Text()]
    for problem in report.waiver_problems:
        parts.append(Text.assemble(("waivers.toml  ", "bold red"), problem.message))
    return Group(*parts, _summary(report))


def print_report(report: Report, console: Console) -> None:
    """Print it, in whole lines where no terminal would wrap them."""
    if not console.is_terminal:
        console.width = _UNWRAPPED
    console.print(render(report), highlight=False)


def _check(findings: list[Finding]) -> list[RenderableType]:
    first = findings[0]
    parts: list[RenderableType] = [
        Text.assemble((first.check, "bold red"), "  ", (first.name, "bold"))
    ]
    for finding in findings:
        parts.append(_indented(Text(finding.path, style="cyan"), 2))
        parts += [_indented(Text(problem), 4) for problem in finding.problems]
    if first.remedy:
        parts.append(_indented(Text.assemble(("mend  ", "green"), first.remedy), 2))
    return parts


def _indented(text: Text, columns: int) -> RenderableType:
    return Padding(text, (0, 0, 0, columns), expand=False)


def _summary(report: Report) -> Text:
    verdict = ("fine", "bold green") if report.ok else ("refused", "bold red")
    counts = f"{len(report.passed)} passed, {len(report.waived)} waived"
    counts += f", {len(report.refused)} refused"
    if report.waiver_problems:
        counts += f", {len(report.waiver_problems)} wrong with the waivers"
    return Text.assemble(verdict, f"  {', '.join(report.stacks)}: {counts}")
