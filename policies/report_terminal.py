"""The verdict for a person to read."""

from __future__ import annotations

from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from policies.report import Finding, Report


def render(report: Report) -> RenderableType:
    """What is refused, by check; then what is wrong with the waivers; then one line of counts."""
    parts: list[RenderableType] = []
    ordered = sorted(report.refused, key=lambda one: (one.check, one.path))
    for _, same in groupby(ordered, key=lambda one: one.check):
        parts += [*_check(list(same)), Text()]
    for problem in report.waiver_problems:
        parts.append(Text.assemble(("waivers.toml  ", "bold red"), problem))
    return Group(*parts, _summary(report))


def print_report(report: Report, console: Console) -> None:
    console.print(render(report), soft_wrap=not console.is_terminal, highlight=False)


def _check(findings: list[Finding]) -> list[RenderableType]:
    first = findings[0]
    parts: list[RenderableType] = [
        Text.assemble((first.check, "bold red"), "  ", (first.name, "bold"))
    ]
    for finding in findings:
        parts.append(Padding(Text(finding.path, style="cyan"), (0, 0, 0, 2)))
        parts += [Padding(Text(problem), (0, 0, 0, 4)) for problem in finding.problems]
    if first.remedy:
        parts.append(Padding(Text.assemble(("mend  ", "green"), first.remedy), (0, 0, 0, 2)))
    return parts


def _summary(report: Report) -> Text:
    verdict = ("fine", "bold green") if report.ok else ("refused", "bold red")
    counts = f"{len(report.passed)} passed, {len(report.waived)} waived"
    counts += f", {len(report.refused)} refused"
    if report.waiver_problems:
        counts += f", {len(report.waiver_problems)} wrong with the waivers"
    return Text.assemble(verdict, f"  {', '.join(report.stacks)}: {counts}")
