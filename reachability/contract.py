"""The contract: what may be reachable from where, held against what is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from reachability.intervals import NOTHING, Addresses, Intervals
from reachability.matrix import Cell, Matrix, matrix
from reachability.model import Topology
from reachability.ports import NONE, PROTOCOLS
from reachability.stack import Stack

_KEYS = ("from", "to", "why", "optional")
"""Of an entry, beside its protocols. What is optional may be open, and may be closed as well."""


class ContractError(ValueError):
    """The contract's file cannot be used; one line with file, entry, field and fix."""


@dataclass(frozen=True)
class Contract:
    """Maps (source, destination, protocol) to ports: those that are to be open are `promised`, and
    among those that may be (`allowed`)."""

    promised: Mapping[tuple[str, str, str], Intervals]
    allowed: Mapping[tuple[str, str, str], Intervals]


@dataclass(frozen=True)
class Difference:
    """Ports on which a stack is not what the contract says.

    "exposed": open, or perhaps open, and not promised. "broken": promised and closed, from some
    of the source's addresses at least. "untold": promised, and open only perhaps. `addresses` are
    the outside ones it is about, as text; empty between servers.
    """

    kind: Literal["exposed", "broken", "untold"]
    source: str
    destination: str
    protocol: str
    ports: Intervals
    addresses: str = ""

    @property
    def refused(self) -> bool:
        """Whether it is one that must not be applied; what is only not known yet may be."""
        return self.kind != "untold"

    def __str__(self) -> str:
        said = {
            "exposed": "exposed but not promised",
            "broken": "promised but not reachable",
            "untold": "promised, and not certain before apply",
        }[self.kind]
        where = f" ({self.addresses})" if self.addresses else ""
        ends = f"{self.source} to {self.destination}:{self.ports}/{self.protocol}"
        return f"{said}: {ends}{where}"


def read(path: Path) -> Contract:
    """The contract in a TOML file of `[[allow]]` tables. Raises ContractError."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ContractError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: is no TOML: {error}") from error
    if unknown := document.keys() - {"allow"}:
        raise ContractError(f"{path}: {min(unknown)}: is no key of a contract; write [[allow]]")
    promised: dict[tuple[str, str, str], Intervals] = {}
    allowed: dict[tuple[str, str, str], Intervals] = {}
    for number, entry in enumerate(document.get("allow", ()), start=1):
        for key, ports in _promises(f"{path}: allow {number}", entry):
            allowed[key] = allowed.get(key, NOTHING) | ports
            if not entry.get("optional", False):
                promised[key] = promised.get(key, NOTHING) | ports
    return Contract(promised, allowed)


def of_stack(stack: Stack, contract: Contract) -> tuple[Difference, ...]:
    """The differences of a stack; one without endpoints, as a bucket's, has promised nothing."""
    topology = Topology.of(stack)
    return differences(matrix(topology), contract) if topology.endpoints else ()


def differences(found: Matrix, contract: Contract) -> tuple[Difference, ...]:
    """Where the matrix of a stack and the contract differ, both ways, in the matrix's order."""
    return tuple(_differences(found, contract))


def _differences(found: Matrix, contract: Contract) -> Iterator[Difference]:
    named = {name for source, destination, _ in contract.promised for name in (source, destination)}
    names = (*found.names, *sorted(named - set(found.names)))
    for source in names:
        for destination in names:
            cell = found.cell(source, destination)
            whole = _in_use(cell, found.outside.get(source) or found.outside.get(destination))
            for protocol in PROTOCOLS:
                ends = (source, destination, protocol)
                if ends in contract.promised or cell.ports.get(protocol):
                    yield from _of_ports(ends, cell, contract, whole)


def _of_ports(
    ends: tuple[str, str, str], cell: Cell, contract: Contract, whole: Addresses | None
) -> Iterator[Difference]:
    protocol = ends[2]
    wanted = contract.promised.get(ends, NOTHING)
    allowed = contract.allowed.get(ends, NOTHING)
    if whole is None:
        ports = cell.ports.get(protocol, NONE)
        yield from _difference("exposed", ends, ports.possible - allowed)
        yield from _difference("broken", ends, wanted - ports.possible)
        yield from _difference("untold", ends, wanted & ports.unknown)
        return
    parts = cell.parts.get(protocol, ())
    for addresses, ports in parts:
        yield from _difference("exposed", ends, ports.possible - allowed, addresses, whole)
        yield from _difference("broken", ends, wanted - ports.possible, addresses, whole)
        yield from _difference("untold", ends, wanted & ports.unknown, addresses, whole)
    rest = whole - Addresses.union(addresses for addresses, _ in parts)
    if rest:
        yield from _difference("broken", ends, wanted, rest, whole)


def _in_use(cell: Cell, whole: Addresses | None) -> Addresses | None:
    """Without IPv6 where nothing speaks it: no promise is broken by that."""
    speaks = any(addresses.ipv6 for parts in cell.parts.values() for addresses, _ in parts)
    return whole if whole is None or speaks else Addresses(whole.ipv4)


def _difference(
    kind: Literal["exposed", "broken", "untold"],
    ends: tuple[str, str, str],
    ports: Intervals,
    addresses: Addresses | None = None,
    whole: Addresses | None = None,
) -> Iterator[Difference]:
    if ports:
        partly = addresses is not None and whole is not None and not whole <= addresses
        yield Difference(kind, *ends, ports, _few(str(addresses)) if partly else "")


def _few(addresses: str, most: int = 4) -> str:
    listed = addresses.split(", ")
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def _promises(place: str, entry: Any) -> Iterator[tuple[tuple[str, str, str], Intervals]]:
    if not isinstance(entry, dict):
        raise ContractError(f"{place}: is no table; write [[allow]]")
    if unknown := entry.keys() - {*_KEYS, *PROTOCOLS}:
        known = ", ".join((*_KEYS, *PROTOCOLS))
        raise ContractError(f"{place}: {min(unknown)}: is no key; there are {known}")
    why = entry.get("why")
    if not isinstance(why, str) or not why.strip():
        raise ContractError(f"{place}: why: is missing; say who needs it")
    if not isinstance(entry.get("optional", False), bool):
        raise ContractError(f"{place}: optional: is no boolean; write true, or leave it out")
    protocols = [protocol for protocol in PROTOCOLS if protocol in entry]
    if not protocols:
        raise ContractError(f"{place}: opens no port; add tcp = [80]")
    for source in _names(place, "from", entry.get("from")):
        for destination in _names(place, "to", entry.get("to")):
            for protocol in protocols:
                ports = _ports(f"{place}: {protocol}", entry[protocol])
                yield (source, destination, protocol), ports


def _names(place: str, key: str, value: Any) -> list[str]:
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ContractError(f'{place}: {key}: names no end; write "web" or ["web", "app"]')
    return names


def _ports(place: str, value: Any) -> Intervals:
    if not isinstance(value, list) or not value:
        raise ContractError(f"{place}: is no list of ports; write [80] or [8000, [9000, 9100]]")
    pairs = [tuple(one) if isinstance(one, list) else (one, one) for one in value]
    for pair in pairs:
        numbers = all(type(number) is int and 1 <= number <= 65535 for number in pair)
        if len(pair) != 2 or not numbers or pair[0] > pair[1]:
            raise ContractError(f"{place}: {list(pair)} is no port; use 1 to 65535")
    return Intervals.of(*pairs)
