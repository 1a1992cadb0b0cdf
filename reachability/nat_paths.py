"""The ways through a NAT gateway or NAT instance: to the internet, and to a peered VPC.

Amazon VPC User Guide, "NAT gateways" and "NAT instances": who is behind one may call out, and
nobody in. From there on the packets are the NAT's own, by the table and ACL of its subnet.
"""

from __future__ import annotations

from collections.abc import Iterator

from reachability.hops import Hop, Step, acl_hops, group_hop, reply_hops
from reachability.interfaces import Interface
from reachability.model import Topology
from reachability.next_hops import NextHop
from reachability.ports import ALL, MAYBE, NONE, Protocol
from reachability.route_hops import gateway_hop, has_public_address, route_hop


def nat_on_the_way(topology: Topology, client: Step, server: Step) -> Interface | None:
    """The NAT gateway or NAT instance that the client's route to an outside address leads to."""
    route = _route(topology, client, server)
    return None if route is None else topology.nat_of(route)


def nat_before_peering(topology: Topology, client: Step, server: Step) -> Interface | None:
    """The NAT gateway that the client's route leads to, if that one's own leads to a peering."""
    here, there = client.interface, server.interface
    route = _route(topology, client, server)
    if here is None or there is None or here.vpc is there.vpc or route is None:
        return None
    beyond = topology.beyond_nat(route, client.family, server.address)
    return topology.nat_of(route) if beyond == "peering" else None


def _route(topology: Topology, client: Step, server: Step) -> NextHop | None:
    here = client.interface
    if here is None or client.family != 4:
        return None
    return topology.table_of(here.subnet).next_hop(4, server.address)


def to_internet(
    topology: Topology, client: Step, server: Step, protocol: Protocol, nat: Interface
) -> Iterator[Hop]:
    """From a client's subnet by its NAT to an outside address."""
    middle = Step(4, client.address, nat, nat.label)
    yield from _into_nat(topology, client, middle, server, protocol)
    yield has_public_address(topology, middle)
    yield gateway_hop(topology, middle, server.address, "to")
    yield from acl_hops(topology, "egress", middle, server, protocol)
    yield from reply_hops(topology, "ingress", middle, server, protocol)


def to_peer(
    topology: Topology, client: Step, middle: Step, server: Step, protocol: Protocol
) -> Iterator[Hop]:
    """From a client by the NAT gateway `middle`, under its private address, over a peering.

    "NAT gateways" says where a NAT gateway's subnet may route to, and a peering is not there; that
    AWS forwards some such traffic is reported (docs/reachability.md). So it is never surely open.
    The server's security groups see the address of the NAT gateway, which is in no group.
    """
    yield group_hop(topology, "egress", client, server, protocol, MAYBE)
    yield from acl_hops(topology, "egress", client, server, protocol)
    yield from _into_nat(topology, client, middle, server, protocol)
    over = route_hop(topology, middle, server, "to")
    yield Hop(
        over.path,
        over.passes & MAYBE,
        lambda: (
            over.says,
            over.lacks
            if over.passes is not ALL
            else f"{over.says}, and whether a NAT gateway forwards there is not documented",
        ),
    )
    yield from acl_hops(topology, "egress", middle, server, protocol)
    yield from acl_hops(topology, "ingress", server, middle, protocol)
    yield group_hop(topology, "ingress", server, middle, protocol, NONE)
    yield route_hop(topology, server, middle, "back to")
    yield from reply_hops(topology, "egress", server, middle, protocol)
    yield from reply_hops(topology, "ingress", middle, server, protocol)
    yield from reply_hops(topology, "ingress", client, server, protocol)


def _into_nat(
    topology: Topology, client: Step, middle: Step, server: Step, protocol: Protocol
) -> Iterator[Hop]:
    """From the client's subnet into its NAT, and the answers back."""
    here, nat, route = client.interface, middle.interface, _route(topology, client, server)
    assert here is not None and nat is not None and route is not None
    certain = MAYBE if topology.table_of(here.subnet).may_pass_elsewhere() else ALL
    inside = nat.vpc is here.vpc and nat.vpc is not None
    yield Hop(
        route.path,
        certain if inside else NONE,
        lambda: (
            f"{topology.short(route.path)} routes {server.name} through {route.names}",
            f"{route.names} is in another VPC, where no route can lead",
        ),
    )
    if route.kind == "machine":
        yield Hop(
            nat.path,
            ALL if nat.forwards else NONE,
            lambda: (
                f"{nat.label} forwards what is not its own",
                f"{nat.label} checks source and destination, so it forwards nothing",
            ),
        )
        yield group_hop(topology, "ingress", middle, client, protocol, ALL)
        yield group_hop(topology, "egress", middle, server, protocol, NONE)
    if nat.subnet is not here.subnet:
        yield from acl_hops(topology, "ingress", middle, client, protocol)
        yield from reply_hops(topology, "egress", middle, client, protocol)
