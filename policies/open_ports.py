"""What one rule, together with the other rules of its group, opens to the world."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reachability.intervals import PUBLIC, Addresses, Intervals, is_world
from reachability.security_groups import ALL_PROTOCOLS, Rule, rules
from reachability.stack import Resource, Stack


@dataclass(frozen=True)
class Opening:
    """Ports of a group that a rule opens to so many addresses that they are the world."""

    group: str
    protocol: str
    ports: Intervals
    source: str


def open_to_the_world(resource: Resource, stack: Stack) -> Iterator[Opening]:
    """The openings that a rule has a share in.

    A world cut into pieces over several rules is put together again, port by port; sources that
    nobody can tell before apply count as the world.
    """
    ingress = [rule for rule in rules(stack) if rule.direction == "ingress"]
    for rule in ingress:
        if rule.resource is not resource:
            continue
        protocols = ("tcp", "udp") if rule.protocol == ALL_PROTOCOLS else (rule.protocol,)
        if rule.unknown:
            source = f"addresses that cannot be told ({', '.join(rule.unknown)})"
            for protocol in protocols:
                yield Opening(rule.group, protocol, rule.opens(protocol), source)
        elif rule.peers & PUBLIC:
            beside = [one for one in ingress if one.group == rule.group]
            for protocol in protocols:
                yield from _shared(rule, beside, protocol)


def _shared(rule: Rule, beside: list[Rule], protocol: str) -> Iterator[Opening]:
    if protocol not in ("tcp", "udp"):
        same = (one.peers for one in beside if one.protocol in (protocol, ALL_PROTOCOLS))
        if is_world(everyone := Addresses.union(same)):
            yield Opening(rule.group, protocol, rule.ports, _source(everyone))
        return
    openings: dict[str, list[tuple[int, int]]] = {}
    for piece in _pieces(rule.opens(protocol), [one.opens(protocol) for one in beside]):
        reach = Addresses.union(one.peers for one in beside if piece[0] in one.opens(protocol))
        if is_world(reach):
            openings.setdefault(_source(reach), []).append(piece)
    for source, pieces in openings.items():
        yield Opening(rule.group, protocol, Intervals.of(*pieces), source)


def _pieces(ports: Intervals, others: list[Intervals]) -> Iterator[tuple[int, int]]:
    """The ports cut where any rule begins or ends, so that each piece has the same rules."""
    cuts = sorted({cut for one in others for low, high in one.pairs for cut in (low, high + 1)})
    for low, high in ports.pairs:
        starts = [low, *(cut for cut in cuts if low < cut <= high)]
        yield from zip(starts, [*(cut - 1 for cut in starts[1:]), high], strict=True)


def _source(addresses: Addresses) -> str:
    text = str(addresses)
    return f"the world ({text if len(text) < 60 else f'{text[:57]}…'})"
