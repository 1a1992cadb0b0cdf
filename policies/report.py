"""The gate's verdict as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["passed", "refused", "waived"]


@dataclass(frozen=True)
class Finding:
    """What one check says of one resource. `line` is None where the file tells no lines."""

    check: str
    name: str
    verdict: Verdict
    stack: str
    path: str
    address: str
    file: str
    line: int | None
    problems: tuple[str, ...] = ()
    remedy: str = ""
    reason: str = ""


@dataclass(frozen=True)
class WaiverProblem:
    """What is wrong with a waiver, and where it is written."""

    message: str
    file: str
    line: int


@dataclass(frozen=True)
class Report:
    """Every finding, and what is wrong with the waivers themselves."""

    stacks: tuple[str, ...]
    findings: tuple[Finding, ...]
    waiver_problems: tuple[WaiverProblem, ...] = ()

    @property
    def refused(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.verdict == "refused")

    @property
    def waived(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.verdict == "waived")

    @property
    def passed(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.verdict == "passed")

    @property
    def ok(self) -> bool:
        return not self.refused and not self.waiver_problems
