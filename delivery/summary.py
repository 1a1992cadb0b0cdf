"""What a person wants to know of a synthesised stack, as plain data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from policies.report import Report
from reachability.exposure import internet_exposure
from reachability.intervals import Intervals
from reachability.stack import Stack


@dataclass(frozen=True)
class OpenPorts:
    """The ports of one host that `source` ("internet" or "operators") reaches, as text."""

    host: str
    source: str
    cidrs: str
    ports: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """A stack: `kinds` counts its resources by Terraform type; the gate's numbers are its own."""

    name: str
    file: Path
    kinds: tuple[tuple[str, int], ...]
    open_ports: tuple[OpenPorts, ...]
    passed: int
    waived: int
    refused: int


def summarise(stack: Stack, file: Path, report: Report) -> Summary:
    """The summary of one stack of the gate's report."""
    kinds = Counter(one.type for one in stack.resources.values() if not one.is_data)
    verdicts = Counter(one.verdict for one in report.findings if one.stack == stack.name)
    return Summary(
        name=stack.name,
        file=file,
        kinds=tuple(sorted(kinds.items(), key=lambda kind: (-kind[1], kind[0]))),
        open_ports=_open_ports(stack),
        passed=verdicts["passed"],
        waived=verdicts["waived"],
        refused=verdicts["refused"],
    )


def _open_ports(stack: Stack) -> tuple[OpenPorts, ...]:
    ports: dict[tuple[str, str, str], list[tuple[Intervals, str]]] = {}
    for exposure in internet_exposure(stack):
        host = exposure.path.split("/")[1]
        key = (exposure.source, host, exposure.cidrs)
        ports.setdefault(key, []).append((exposure.ports, exposure.protocol))
    return tuple(
        OpenPorts(host, source, cidrs, tuple(_text(*port) for port in _in_order(found)))
        for (source, host, cidrs), found in sorted(ports.items())
    )


def _in_order(ports: list[tuple[Intervals, str]]) -> list[tuple[Intervals, str]]:
    return sorted(ports, key=lambda port: (port[1], port[0].pairs))


def _text(ports: Intervals, protocol: str) -> str:
    return f"{ports}/{protocol}"
