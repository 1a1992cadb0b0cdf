"""Matrices, verdicts and changes as JSON, as Markdown and as words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reachability.changes import Change, holds_all
from reachability.contract import Difference
from reachability.intervals import Intervals
from reachability.matrix import Cell, Matrix
from reachability.ports import Ports
from reachability.verdict import Verdict


def words(cell: Cell) -> str:
    """A cell as people read it: "22, 80; udp 53; unknown: 8080"."""
    parts = []
    for protocol, ports in cell.ports.items():
        prefix = "" if protocol == "tcp" else f"{protocol} "
        if ports.sure:
            parts.append(prefix + _ports(ports.sure))
        if ports.unknown:
            parts.append(f"unknown: {prefix}{_ports(ports.unknown)}")
    return "; ".join(parts)


def _ports(ports: Intervals) -> str:
    return "all" if ports.size > 65535 else str(ports)


def matrix_json(matrix: Matrix) -> dict[str, Any]:
    """{"source": {"destination": {"tcp": {"open": [[80, 80]], "unknown": []}}}}, closed left out.

    Where one end is outside, "addresses" lists for which of its addresses: [[CIDRs], open ports].
    """
    found: dict[str, Any] = {name: {} for name in matrix.names}
    for source, destination, cell in matrix.pairs():
        found[source][destination] = {
            protocol: {**_json(ports), **_addresses(matrix, source, destination, cell, protocol)}
            for protocol, ports in cell.ports.items()
        }
    return found


def _json(ports: Ports) -> dict[str, Any]:
    return {"open": ports.sure.pairs, "unknown": ports.unknown.pairs}


def _addresses(
    matrix: Matrix, source: str, destination: str, cell: Cell, protocol: str
) -> dict[str, Any]:
    whole = matrix.outside.get(source) or matrix.outside.get(destination)
    parts = cell.parts.get(protocol, ())
    if whole is None or (len(parts) == 1 and holds_all(parts[0][0], whole)):
        return {}
    return {
        "addresses": [{"cidrs": str(held).split(", "), **_json(ports)} for held, ports in parts]
    }


def matrix_markdown(matrix: Matrix) -> str:
    """A table: sources down, destinations across."""
    names = matrix.names
    rows = [
        ["from \\ to", *names],
        ["---"] * (len(names) + 1),
        *([source, *(words(matrix.cell(source, one)) for one in names)] for source in names),
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """The verdict with its hops; of the ports a hop passes, those surely."""
    return {
        "state": verdict.state,
        "reasons": verdict.reasons,
        "addresses": str(verdict.addresses).split(", ") if verdict.addresses else [],
        "hops": [
            {"path": hop.path, "says": hop.says or hop.lacks, **_json(hop.passes)}
            for hop in verdict.hops
        ],
    }


def verdict_words(verdict: Verdict) -> str:
    """One line per hop, or what stops it."""
    if verdict.state == "open":
        hops = [f"  {number}. {hop.says}" for number, hop in enumerate(verdict.hops, 1) if hop.says]
        return "\n".join(["open", *hops, *(f"  {reason}" for reason in verdict.reasons)])
    verb = "stopped" if verdict.state == "closed" else "unknown"
    first, *rest = verdict.reasons
    return f"{verb}: {first}" + "".join(f"; also {reason}" for reason in rest)


def changes_json(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Each change with its words."""
    return [
        {
            "change": one.verb,
            "source": one.source,
            "destination": one.destination,
            "protocol": one.protocol,
            "ports": one.ports.pairs,
            "words": str(one),
        }
        for one in changes
    ]


def difference_json(difference: Difference) -> dict[str, str]:
    """A difference to the contract."""
    return {
        "kind": difference.kind,
        "source": difference.source,
        "destination": difference.destination,
        "protocol": difference.protocol,
        "ports": str(difference.ports),
        "addresses": difference.addresses,
    }
