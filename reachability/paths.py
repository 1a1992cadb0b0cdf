"""The ways from one interface or outside address to another: every hop there and back.

A connection needs its forward path and the path of its answers. Each hop says which destination
ports pass it; a way lets through what all of its hops do.
"""

from __future__ import annotations

from collections.abc import Iterator

from reachability import nat_paths
from reachability.hops import Hop, Step, acl_hops, group_hop, reply_hops
from reachability.interfaces import Interface
from reachability.model import Topology
from reachability.ports import ALL, MAYBE, NONE, Ports, Protocol
from reachability.route_hops import (
    gateway_hop,
    has_public_address,
    other_way_back,
    route_hop,
)


def private(topology: Topology, client: Step, server: Step, protocol: Protocol) -> Iterator[Hop]:
    """Between two interfaces by private address, within a VPC or over a peering."""
    here, there = client.interface, server.interface
    assert here is not None and there is not None
    shared = _shared_groups(topology, here, there)
    crosses = here.subnet is not there.subnet
    yield route_hop(topology, client, server, "to")
    yield group_hop(topology, "egress", client, server, protocol, shared)
    if crosses:
        yield from acl_hops(topology, "egress", client, server, protocol)
        yield from acl_hops(topology, "ingress", server, client, protocol)
    yield group_hop(topology, "ingress", server, client, protocol, shared)
    back = route_hop(topology, server, client, "back to")
    if here.vpc is not there.vpc:
        back = other_way_back(topology, server, client, back, ("internet", "egress-only"))
    if back.passes is not ALL or here.vpc is not there.vpc:
        yield back
    if crosses:
        yield from reply_hops(topology, "egress", server, client, protocol)
        yield from reply_hops(topology, "ingress", client, server, protocol)


def inbound(topology: Topology, client: Step, server: Step, protocol: Protocol) -> Iterator[Hop]:
    """From an outside address to an interface's public one, through its internet gateway."""
    yield has_public_address(topology, server)
    answers = gateway_hop(topology, server, client.address, "answers to")
    if client.holder is not None:
        answers = other_way_back(topology, server, client, answers, ("peering",))
    yield answers
    yield from acl_hops(topology, "ingress", server, client, protocol)
    shared = _shared_outside(topology, server, client)
    yield group_hop(topology, "ingress", server, client, protocol, shared)
    yield from reply_hops(topology, "egress", server, client, protocol)


def outbound(topology: Topology, client: Step, server: Step, protocol: Protocol) -> Iterator[Hop]:
    """From an interface to an outside address, itself or through a NAT."""
    here = client.interface
    assert here is not None
    shared = _shared_outside(topology, client, server)
    yield group_hop(topology, "egress", client, server, protocol, shared)
    yield from acl_hops(topology, "egress", client, server, protocol)
    nat = nat_paths.nat_on_the_way(topology, client, server)
    if nat is not None:
        yield from nat_paths.to_internet(topology, client, server, protocol, nat)
    else:
        if client.family == 4:
            yield has_public_address(topology, client)
        yield gateway_hop(topology, client, server.address, "to", outward=True)
    yield from reply_hops(topology, "ingress", client, server, protocol)


def _shared_groups(topology: Topology, here: Interface, there: Interface) -> Ports:
    """Whether a rule of one may name a security group of the other."""
    if here.vpc is there.vpc or here.vpc is None or there.vpc is None:
        return ALL
    peering = topology.peering(here.vpc, there.vpc)
    return NONE if peering is None else peering.shares_groups & peering.active


def _shared_outside(topology: Topology, own: Step, other: Step) -> Ports:
    """As `_shared_groups`, over the internet: a group stands for no public IPv4 address.

    Whether it stands for an IPv6 address that comes that way, no page of AWS's says.
    """
    if own.family == 4 or other.holder is None or own.interface is None:
        return NONE
    return _shared_groups(topology, own.interface, other.holder) & MAYBE
