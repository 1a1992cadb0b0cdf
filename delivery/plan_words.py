"""A plan in words: what it does to resources, what it opens, what the gate says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery.plan_changes import ResourceChange, Verb, drifted, planned
from delivery.receipt import Verdict
from reachability import terraform
from reachability.changes import Change, changes
from reachability.matrix import matrix
from reachability.model import Topology

_DONE: Mapping[Verb, str] = {
    "replace": "replaced",
    "destroy": "destroyed",
    "change": "changed",
    "create": "created",
    "forget": "forgotten",
}
"""In the order in which people must read of them."""


NOTHING = "nothing changes"


@dataclass(frozen=True)
class Section:
    """A heading and its lines; `alarming` where something may be lost or is refused."""

    title: str
    lines: tuple[str, ...]
    alarming: bool = False


def sections(
    document: Mapping[str, Any], source: Path, verdict: Verdict | None = None
) -> tuple[Section, ...]:
    """The plan in a document of `terraform show -json`, the gravest first.

    `source` names it in errors. Sections without a line are left out.
    """
    found = planned(document)
    grave = [one for one in found if one.loses]
    rest = [one for one in found if not one.loses]
    parts = [Section("Loses something", tuple(map(_grave, grave)), alarming=True)]
    for verb, done in _DONE.items():
        parts.append(
            Section(done.capitalize(), tuple(_line(one) for one in rest if one.verb == verb))
        )
    parts.append(Section("Who can reach whom", tuple(map(str, reach_changes(document, source)))))
    parts.append(
        Section("Found changed outside Terraform", tuple(map(drift_line, drifted(document))))
    )
    if verdict is not None:
        waived = (f"{one.check} {one.path}: {one.reason}" for one in verdict.waived)
        parts.append(Section("Waived", tuple(waived)))
        parts.append(Section("Refused by the gate", verdict.refused, alarming=True))
        parts.append(Section("Breaks the contract", verdict.broken, alarming=True))
    return tuple(one for one in parts if one.lines)


def headline(document: Mapping[str, Any]) -> str:
    """`2 replaced, 1 changed, 3 created; with a loss: 1`, or NOTHING."""
    found = planned(document)
    counts = Counter(one.verb for one in found)
    told = ", ".join(f"{counts[verb]} {done}" for verb, done in _DONE.items() if counts[verb])
    losing = sum(one.loses for one in found)
    return (told or NOTHING) + (f"; with a loss: {losing}" if losing else "")


def reach_changes(document: Mapping[str, Any], source: Path) -> list[Change]:
    """What the plan opens and closes."""
    before = matrix(Topology.of(terraform.before(document, source)))
    return changes(before, matrix(Topology.of(terraform.parse(document, source))))


def _grave(one: ResourceChange) -> str:
    """`replaced aws_nat_gateway.x (subnet_id forces it): its private subnets have no way out`."""
    because = f" ({one.because})" if one.because else ""
    return f"{_DONE[one.verb]} {one.address}{because}: {one.consequence}"


def _line(one: ResourceChange) -> str:
    """`aws_subnet.x: cidr_block "10.0.1.0/24" → "10.0.3.0/24"; cidr_block forces it`."""
    said = "; ".join(part for part in (_edits(one), one.because, one.consequence) if part)
    return f"{one.address}: {said}" if said else one.address


def drift_line(one: ResourceChange) -> str:
    """What somebody did to a resource that Terraform made."""
    return f"{one.address} is gone" if one.verb == "destroy" else _line(one)


def _edits(one: ResourceChange, most: int = 6) -> str:
    shown = [str(edit) for edit in one.edits[:most]]
    more = len(one.edits) - most
    return ", ".join([*shown, f"and {more} more"] if more > 0 else shown)
