"""Who can reach whom: the open ports of every pair, worked out once per class of endpoints.

Endpoints that nothing in the topology tells apart (same subnet, security groups and public
address, private addresses that the same rules hold) form a class, so that the work grows with
pairs of classes and not of endpoints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reachability.alternatives import Via, alternatives
from reachability.endpoints import Endpoint
from reachability.intervals import Addresses, Intervals
from reachability.model import Topology
from reachability.ports import NONE, PROTOCOLS, Ports
from reachability.stack import Resource


@dataclass(frozen=True)
class Cell:
    """The open ports by protocol ("tcp", "udp").

    Where one end is outside, `parts` says from (or to) which of its addresses which ports are
    open: disjoint sets of addresses, those without any open port left out.
    """

    ports: Mapping[str, Ports] = field(default_factory=dict)
    parts: Mapping[str, tuple[tuple[Addresses, Ports], ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.ports.values())


CLOSED = Cell()


@dataclass(frozen=True, eq=False)
class Matrix:
    """Every outside source and every endpoint, against each other."""

    names: tuple[str, ...]
    outside: Mapping[str, Addresses]
    _class_of: Mapping[str, str]
    _cells: Mapping[tuple[str, str], Cell]

    def cell(self, source: str, destination: str) -> Cell:
        """The open ports between two ends; closed where one is not in the matrix."""
        classes = self._class_of.get(source, ""), self._class_of.get(destination, "")
        return CLOSED if source == destination else self._cells.get(classes, CLOSED)

    def pairs(self) -> Iterator[tuple[str, str, Cell]]:
        """Every pair of ends of which one can reach the other."""
        for source in self.names:
            for destination in self.names:
                if cell := self.cell(source, destination):
                    yield source, destination, cell


def matrix(topology: Topology) -> Matrix:
    """The whole matrix of a topology."""
    members: dict[object, list[str]] = {name: [name] for name in topology.outside}
    for name, endpoint in topology.endpoints.items():
        members.setdefault(_signature(topology, endpoint), []).append(name)
    several = {names[0]: len(names) > 1 for names in members.values()}
    nearby = _Nearby(topology)
    return Matrix(
        (*topology.outside, *topology.endpoints),
        topology.outside,
        {name: names[0] for names in members.values() for name in names},
        {
            (source, destination): cell
            for source in several
            for destination in several
            if source != destination or several[source]
            if (via := nearby.via(source, destination))
            if (cell := _cell(topology, source, destination, via))
        },
    )


class _Nearby:
    """Sorts out, by their VPCs alone, pairs that nothing can join: most pairs of a wide network."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._vpcs = {
            name: frozenset(one.vpc for one in endpoint.interfaces)
            for name, endpoint in topology.endpoints.items()
        }
        self._public = {
            name
            for name, endpoint in topology.endpoints.items()
            if any(one.public != "no" or one.ipv6 for one in endpoint.interfaces)
        }
        self._odd = {
            name
            for name, endpoint in topology.endpoints.items()
            if any(topology.table_of(one.subnet).may_lead_anywhere() for one in endpoint.interfaces)
        }
        self._joined: dict[tuple[object, object], bool] = {}

    def via(self, source: str, destination: str) -> Via | None:
        here, there = self._vpcs.get(source), self._vpcs.get(destination)
        if here is None or there is None:
            return "any" if here != there else None
        if source in self._odd or self._are_joined(here, there):
            return "any"
        return "public" if destination in self._public else None

    def _are_joined(
        self, here: frozenset[Resource | None], there: frozenset[Resource | None]
    ) -> bool:
        if (here, there) not in self._joined:
            self._joined[here, there] = any(
                one is None or other is None or one is other or self._topology.peering(one, other)
                for one in here
                for other in there
            )
        return self._joined[here, there]


def _cell(topology: Topology, source: str, destination: str, via: Via) -> Cell:
    ports: dict[str, Ports] = {}
    parts: dict[str, tuple[tuple[Addresses, Ports], ...]] = {}
    for name, protocol in PROTOCOLS.items():
        total, by_ports = NONE, dict[Addresses, Ports]()
        for one in alternatives(topology, source, destination, protocol, via):
            if passing := one.ports():
                total |= passing
                if one.outside:
                    by_ports[one.outside] = by_ports.get(one.outside, NONE) | passing
        if total:
            ports[name] = total
            if by_ports:
                parts[name] = _merged(by_ports)
    return Cell(ports, parts) if ports else CLOSED


def _merged(found: Mapping[Addresses, Ports]) -> tuple[tuple[Addresses, Ports], ...]:
    same: dict[Ports, list[Addresses]] = {}
    for addresses, ports in found.items():
        same.setdefault(ports, []).append(addresses)
    return tuple((Addresses.union(several), ports) for ports, several in same.items())


def _signature(topology: Topology, endpoint: Endpoint) -> object:
    """What decides over an endpoint's packets: equal for endpoints that all is open alike to."""
    return endpoint.one_of_them, tuple(
        (
            one.subnet,
            one.vpc,
            one.groups,
            one.public,
            _held(topology, one.ipv4, 4),
            _held(topology, one.ipv6, 6),
            None if one.elastic is None else topology.distinctions.signature(4, one.elastic),
            one.hosts & topology.host_references,
        )
        for one in endpoint.interfaces
    )


def _held(topology: Topology, addresses: Intervals, family: int) -> object:
    if addresses.size != 1:
        return addresses
    return topology.distinctions.signature(family, addresses.pairs[0][0])
