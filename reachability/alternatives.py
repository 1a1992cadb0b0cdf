"""Every alternative from one endpoint to another: by which interface, family, kind of address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, product
from typing import Literal

from reachability import nat_paths, paths, steps
from reachability.endpoints import Endpoint
from reachability.ends import find
from reachability.hops import Hop, Step, ports_of
from reachability.intervals import Addresses
from reachability.model import Topology
from reachability.ports import Ports, Protocol, one_of

Via = Literal["any", "private", "public"]


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
    for family, atom in steps.atoms(topology, outside):
        client = Step(family, atom.pairs[0][0], None, name)
        for several in steps.choices(server):
            ways = [
                paths.inbound(topology, client, step, protocol)
                for interface in several
                for step in steps.of(topology, interface, family, server.name)
            ]
            yield Alternative(ways, steps.of_family(family, atom))


def _outward(
    topology: Topology, client: Endpoint, name: str, outside: Addresses, protocol: Protocol
) -> Iterator[Alternative]:
    for family, atom in steps.atoms(topology, outside):
        server = Step(family, atom.pairs[0][0], None, name)
        for several in steps.choices(client):
            ways = [
                paths.outbound(topology, step, server, protocol)
                for interface in several
                for step in steps.of(topology, interface, family, client.name)
            ]
            yield Alternative(ways, steps.of_family(family, atom))


def _private(
    topology: Topology, client: Endpoint, server: Endpoint, protocol: Protocol
) -> Iterator[Alternative]:
    for family, here, there in product(
        steps.families(client, server), steps.choices(client), steps.choices(server)
    ):
        ways = [
            way
            for near, far in product(here, there)
            for one in steps.of(topology, near, family, client.name)
            for other in steps.of(topology, far, family, server.name)
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
    for middle in steps.of(topology, nat, 4, nat.label):
        yield nat_paths.to_peer(topology, client, middle, server, protocol)


def _public(
    topology: Topology, client: Endpoint, server: Endpoint, protocol: Protocol
) -> Iterator[Alternative]:
    """Out of one VPC and into another's, or its own, by public addresses."""
    for family, here, there in product(
        steps.families(client, server), steps.choices(client), steps.choices(server)
    ):
        ways = [
            _over_the_internet(topology, one, other, source, target, protocol)
            for near, far in product(here, there)
            if (family == 4 and far.public != "no") or (family == 6 and near.vpc is not far.vpc)
            for one in steps.of(topology, near, family, client.name)
            for other in steps.of(topology, far, family, server.name)
            for source in steps.public_addresses(topology, near, family)
            for target in steps.public_addresses(topology, far, family)
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
