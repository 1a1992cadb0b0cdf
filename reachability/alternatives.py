"""Every alternative from one endpoint to another: by which interface, family, kind of address."""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, product
from typing import Literal

from reachability import nat_paths, paths
from reachability.endpoints import Endpoint
from reachability.hops import Hop, Step, ports_of
from reachability.interfaces import Interface
from reachability.intervals import Addresses, Intervals
from reachability.model import Topology
from reachability.ports import Ports, Protocol, one_of

Via = Literal["any", "private", "public"]


class UnknownEndpointError(ValueError):
    """No endpoint has that name, or no protocol; one line, with the nearest one."""


@dataclass(frozen=True)
class Alternative:
    """Ways of which one is taken, and nobody can tell which: it lets through what all of them do.

    `outside` are the outside addresses it is for.
    """

    ways: Sequence[Iterable[Hop]]
    outside: Addresses

    def ports(self) -> Ports:
        """The ports it lets through; reads its ways."""
        return one_of(ports_of(way) for way in self.ways)


def find(topology: Topology, name: str) -> Endpoint | Addresses:
    """The endpoint or the outside addresses under a name; a public CIDR names itself."""
    if name in topology.endpoints:
        return topology.endpoints[name]
    if name in topology.outside:
        return topology.outside[name]
    try:
        ipaddress.ip_network(name)
        return Addresses.of(name)
    except ValueError:
        known = [*topology.outside, *topology.endpoints]
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
        raise UnknownEndpointError(f"no endpoint is named {name!r}; {hint}") from None


def alternatives(
    topology: Topology, source: str, destination: str, protocol: Protocol, via: Via = "any"
) -> Iterator[Alternative]:
    """Every alternative from one to the other: any of them will do."""
    client, server = find(topology, source), find(topology, destination)
    if isinstance(client, Endpoint) and isinstance(server, Endpoint):
        found = []
        if via != "public":
            found.append(_private(topology, client, server, protocol))
        if via != "private":
            found.append(_public(topology, client, server, protocol))
        several: Iterable[Alternative] = chain(*found)
    elif via == "private":
        return
    elif isinstance(server, Endpoint) and isinstance(client, Addresses):
        several = _inward(topology, source, client, server, protocol)
    elif isinstance(client, Endpoint) and isinstance(server, Addresses):
        several = _outward(topology, client, destination, server, protocol)
    else:
        return
    for one in several:
        if one.ways:
            yield one


def _inward(
    topology: Topology, name: str, outside: Addresses, server: Endpoint, protocol: Protocol
) -> Iterator[Alternative]:
    for family, atom in _atoms(topology, outside):
        client = Step(family, atom.pairs[0][0], None, name)
        for several in _choices(server):
            ways = [
                paths.inbound(topology, client, step, protocol)
                for interface in several
                for step in _steps(topology, interface, family, server.name)
            ]
            yield Alternative(ways, _of_family(family, atom))


def _outward(
    topology: Topology, client: Endpoint, name: str, outside: Addresses, protocol: Protocol
) -> Iterator[Alternative]:
    for family, atom in _atoms(topology, outside):
        server = Step(family, atom.pairs[0][0], None, name)
        for several in _choices(client):
            ways = [
                paths.outbound(topology, step, server, protocol)
                for interface in several
                for step in _steps(topology, interface, family, client.name)
            ]
            yield Alternative(ways, _of_family(family, atom))


def _private(
    topology: Topology, client: Endpoint, server: Endpoint, protocol: Protocol
) -> Iterator[Alternative]:
    for family, here, there in product(
        _families(client, server), _choices(client), _choices(server)
    ):
        ways = [
            way
            for near, far in product(here, there)
            for one in _steps(topology, near, family, client.name)
            for other in _steps(topology, far, family, server.name)
            for way in _private_ways(topology, one, other, protocol)
        ]
        yield Alternative(ways, Addresses())


def _private_ways(
    topology: Topology, client: Step, server: Step, protocol: Protocol
) -> Iterator[Iterator[Hop]]:
    nat = nat_paths.nat_before_peering(topology, client, server)
    if nat is None:
        yield paths.private(topology, client, server, protocol)
        return
    for middle in _steps(topology, nat, 4, nat.label):
        yield nat_paths.to_peer(topology, client, middle, server, protocol)


def _public(
    topology: Topology, client: Endpoint, server: Endpoint, protocol: Protocol
) -> Iterator[Alternative]:
    """Out of one VPC and into another's, or its own, by public addresses."""
    for family, here, there in product(
        _families(client, server), _choices(client), _choices(server)
    ):
        ways = [
            _over_the_internet(topology, one, other, source, target, protocol)
            for near, far in product(here, there)
            if (family == 4 and far.public != "no") or (family == 6 and near.vpc is not far.vpc)
            for one in _steps(topology, near, family, client.name)
            for other in _steps(topology, far, family, server.name)
            for source in _public_addresses(topology, near, family)
            for target in _public_addresses(topology, far, family)
        ]
        yield Alternative(ways, Addresses())


def _over_the_internet(
    topology: Topology, client: Step, server: Step, source: int, target: int, protocol: Protocol
) -> Iterator[Hop]:
    far = Step(client.family, target, None, "a public address", server.interface)
    name, sender = "a public address", client.interface
    nat = nat_paths.nat_on_the_way(topology, client, far)
    if nat is not None:
        name, sender = nat.label, nat
        source = nat.elastic if nat.elastic is not None else source
    near = Step(client.family, source, None, name, sender)
    yield from _remembered(topology, paths.outbound, client, far, protocol)
    yield from _remembered(topology, paths.inbound, near, server, protocol)


def _remembered(
    topology: Topology,
    half: Callable[[Topology, Step, Step, Protocol], Iterator[Hop]],
    client: Step,
    server: Step,
    protocol: Protocol,
) -> list[Hop]:
    """Half a way over the internet, the same for everyone at the other end."""
    key = (half, *(_seen_from_outside(topology, one) for one in (client, server)), protocol.name)
    if key not in topology.cache:
        topology.cache[key] = list(half(topology, client, server, protocol))
    hops: list[Hop] = topology.cache[key]
    return hops


def _seen_from_outside(topology: Topology, step: Step) -> object:
    if step.holder is None:
        return step
    holder, told_apart = step.holder, step.holder.hosts & topology.host_references
    groups = (holder.vpc, holder.groups) if step.family == 6 else None
    return step.family, step.address, told_apart, groups


def _public_addresses(topology: Topology, interface: Interface, family: int) -> list[int]:
    if family == 6:
        return [atom.pairs[0][0] for atom in topology.distinctions.atoms(interface.ipv6, 6)]
    if interface.elastic is not None:
        return [interface.elastic]
    return [atom.pairs[0][0] for atom in topology.distinctions.pool[4]]


def _of_family(family: int, held: Intervals) -> Addresses:
    return Addresses(held) if family == 4 else Addresses(ipv6=held)


def _families(client: Endpoint, server: Endpoint) -> tuple[int, ...]:
    speaks = all(any(one.ipv6 for one in end.interfaces) for end in (client, server))
    return (4, 6) if speaks else (4,)


def _choices(endpoint: Endpoint) -> list[tuple[Interface, ...]]:
    """Interfaces to try one by one, or all as one where AWS chooses among them."""
    if endpoint.one_of_them:
        return [endpoint.interfaces]
    return [(interface,) for interface in endpoint.interfaces]


def _steps(topology: Topology, interface: Interface, family: int, name: str) -> list[Step]:
    key = ("steps", interface, family)
    if key not in topology.cache:
        held = interface.ipv4 if family == 4 else interface.ipv6
        topology.cache[key] = [
            Step(family, atom.pairs[0][0], interface, name)
            for atom in topology.distinctions.atoms(held, family)
        ]
    steps: list[Step] = topology.cache[key]
    return steps


def _atoms(topology: Topology, outside: Addresses) -> Iterator[tuple[int, Intervals]]:
    for family, held in ((4, outside.ipv4), (6, outside.ipv6)):
        for atom in topology.distinctions.atoms(held, family):
            yield family, atom
