"""What a change opens and closes, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reachability.intervals import NOTHING, Addresses, Intervals
from reachability.matrix import Cell, Matrix
from reachability.ports import NONE, Ports


@dataclass(frozen=True)
class Change:
    """`verb` is "opens", "closes", "may open" or "may close": from `source` to `destination`.

    `addresses` are those of an outside end that it is about, None for all of them.
    """

    verb: str
    source: str
    destination: str
    protocol: str
    ports: Intervals
    addresses: Addresses | None = None

    def __str__(self) -> str:
        what = "every port" if self.ports.size > 65535 else str(self.ports)
        kind = "" if self.protocol == "tcp" else f"/{self.protocol}"
        some = f" (addresses {_listed(self.addresses)})" if self.addresses else ""
        return f"{self.verb} {self.destination}:{what}{kind} to {self.source}{some}"


def _listed(addresses: Addresses, most: int = 4) -> str:
    cidrs = str(addresses).split(", ")
    more = len(cidrs) - most
    return ", ".join(cidrs[:most]) + (f" and {more} more ranges" if more > 0 else "")


def changes(before: Matrix, after: Matrix) -> list[Change]:
    """Every difference between two matrices.

    An end that only one of them has reaches nothing in the other.
    """
    names = dict.fromkeys((*after.names, *before.names))
    return [
        change
        for source in names
        for destination in names
        for change in _between(before, after, source, destination)
    ]


def _between(before: Matrix, after: Matrix, source: str, destination: str) -> Iterator[Change]:
    old, new = before.cell(source, destination), after.cell(source, destination)
    everyone = _outside(before, source, destination) | _outside(after, source, destination)
    for protocol in dict.fromkeys((*new.ports, *old.ports)):
        if not everyone:
            for verb, ports in _differences(_of(old, protocol), _of(new, protocol)):
                yield Change(verb, source, destination, protocol, ports)
            continue
        found: dict[tuple[str, Intervals], Addresses] = {}
        for held, was, now in _overlay(old, new, protocol):
            for difference in _differences(was, now) if held else ():
                found[difference] = found.get(difference, Addresses()) | held
        for (verb, ports), held in found.items():
            some = None if holds_all(held, everyone) else held
            yield Change(verb, source, destination, protocol, ports, some)


def holds_all(held: Addresses, everyone: Addresses) -> bool:
    """Whether these are all addresses of the families they are of."""
    return (not held.ipv4 or everyone.ipv4 <= held.ipv4) and (
        not held.ipv6 or everyone.ipv6 <= held.ipv6
    )


def _of(cell: Cell, protocol: str) -> Ports:
    return cell.ports.get(protocol, NONE)


def _outside(matrix: Matrix, source: str, destination: str) -> Addresses:
    return matrix.outside.get(source) or matrix.outside.get(destination) or Addresses()


def _overlay(old: Cell, new: Cell, protocol: str) -> Iterator[tuple[Addresses, Ports, Ports]]:
    """Outside addresses with the ports open before and after, in parts that are alike in both."""
    was, now = old.parts.get(protocol, ()), new.parts.get(protocol, ())
    for addresses, ports in was:
        for others, more in now:
            yield addresses & others, ports, more
        yield addresses - Addresses.union(one for one, _ in now), ports, NONE
    for addresses, ports in now:
        yield addresses - Addresses.union(one for one, _ in was), NONE, ports


def _differences(was: Ports, now: Ports) -> Iterator[tuple[str, Intervals]]:
    found = (
        ("opens", now.sure - was.sure),
        ("may open", now.unknown - was.possible),
        ("may close", was.sure & now.unknown),
        ("closes", was.possible - now.possible),
    )
    yield from ((verb, ports) for verb, ports in found if ports != NOTHING)
