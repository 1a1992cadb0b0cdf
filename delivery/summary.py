"""What a person wants to know of a synthesised stack, as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from policies.report import Report
from reachability.changes import holds_all
from reachability.matrix import Matrix, matrix
from reachability.model import INTERNET, Topology
from reachability.ports import Ports
from reachability.stack import Stack


@dataclass(frozen=True)
class OpenPorts:
    """Ports of one host that `source` reaches, as text: "22, 80/tcp".

    `addresses` are those of the source that do, where not all of them do; `source` is "internet"
    or the name of a prefix list.
    """

    host: str
    source: str
    ports: str
    addresses: str = ""


@dataclass(frozen=True)
class Summary:
    """A stack: `kinds` counts its resources by Terraform type; the gate's numbers are its own.

    `outside` has the addresses of each prefix list by its name, and none for "internet".
    """

    name: str
    file: Path
    kinds: tuple[tuple[str, int], ...]
    outside: Mapping[str, str]
    open_ports: tuple[OpenPorts, ...]
    passed: int
    waived: int
    refused: int


def summarise(stack: Stack, file: Path, report: Report) -> Summary:
    """The summary of one stack of the gate's report."""
    kinds = Counter(one.type for one in stack.resources.values() if not one.is_data)
    found = matrix(Topology.of(stack))
    verdicts = Counter(one.verdict for one in report.findings if one.stack == stack.name)
    return Summary(
        name=stack.name,
        file=file,
        kinds=tuple(sorted(kinds.items(), key=lambda kind: (-kind[1], kind[0]))),
        outside={
            name: "" if name == INTERNET else str(held) for name, held in found.outside.items()
        },
        open_ports=tuple(_open_ports(found)),
        passed=verdicts["passed"],
        waived=verdicts["waived"],
        refused=verdicts["refused"],
    )


def _open_ports(found: Matrix) -> Iterator[OpenPorts]:
    for source, everyone in found.outside.items():
        for host in sorted(found.names):
            for protocol, parts in found.cell(source, host).parts.items():
                for held, ports in parts:
                    addresses = "" if holds_all(held, everyone) else str(held)
                    yield OpenPorts(host, source, f"{_text(ports)}/{protocol}", addresses)


def _text(ports: Ports) -> str:
    perhaps = f"perhaps {ports.unknown}" if ports.unknown else ""
    return ", ".join(filter(None, (str(ports.sure) if ports.sure else "", perhaps)))
