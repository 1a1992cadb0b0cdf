"""The ends of single packets: each interface and address that anything tells apart."""

from __future__ import annotations

from collections.abc import Iterator

from reachability.endpoints import Endpoint
from reachability.hops import Step
from reachability.interfaces import Interface
from reachability.intervals import Addresses, Intervals
from reachability.model import Topology


def public_addresses(topology: Topology, interface: Interface, family: int) -> list[int]:
    """One address for each part of those it may have on the internet."""
    if family == 6:
        return [atom.pairs[0][0] for atom in topology.distinctions.atoms(interface.ipv6, 6)]
    if interface.elastic is not None:
        return [interface.elastic]
    return [atom.pairs[0][0] for atom in topology.distinctions.pool[4]]


def of_family(family: int, held: Intervals) -> Addresses:
    return Addresses(held) if family == 4 else Addresses(ipv6=held)


def families(client: Endpoint, server: Endpoint) -> tuple[int, ...]:
    """4, and 6 where both speak it."""
    speaks = all(any(one.ipv6 for one in end.interfaces) for end in (client, server))
    return (4, 6) if speaks else (4,)


def choices(endpoint: Endpoint) -> list[tuple[Interface, ...]]:
    """Interfaces to try one by one, or all as one where AWS chooses among them."""
    if endpoint.one_of_them:
        return [endpoint.interfaces]
    return [(interface,) for interface in endpoint.interfaces]


def of(topology: Topology, interface: Interface, family: int, name: str) -> list[Step]:
    """The interface with each private or IPv6 address that it may have; `name` is its owner's."""
    key = ("steps", interface, family)
    if key not in topology.cache:
        held = interface.ipv4 if family == 4 else interface.ipv6
        topology.cache[key] = [
            Step(family, atom.pairs[0][0], interface, name)
            for atom in topology.distinctions.atoms(held, family)
        ]
    found: list[Step] = topology.cache[key]
    return found


def atoms(topology: Topology, outside: Addresses) -> Iterator[tuple[int, Intervals]]:
    """The outside addresses by family, in parts that nothing tells apart."""
    for family, held in ((4, outside.ipv4), (6, outside.ipv6)):
        for atom in topology.distinctions.atoms(held, family):
            yield family, atom
