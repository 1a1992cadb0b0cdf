"""The ways from one interface or outside address to another: every hop there and back.

A connection needs its forward path and the path of its answers. Each hop says which destination
ports pass it; a way lets through what all of its hops do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from reachability.endpoints import Interface
from reachability.group_filters import Peer, passes
from reachability.model import Topology
from reachability.network_acls import Acl
from reachability.ports import ALL, MAYBE, NONE, Ports, Protocol
from reachability.routing import NextHop, Table
from reachability.security_groups import Direction


@dataclass(frozen=True, slots=True)
class Hop:
    """One element on the way: `path` names it, `passes` are the destination ports it lets through.

    Its words are made when they are asked for: of a matrix nobody asks.
    """

    path: str
    passes: Ports
    words: Callable[[], tuple[str, str]]

    @property
    def says(self) -> str:
        """What it does; empty for what only ever stops."""
        return self.words()[0]

    @property
    def lacks(self) -> str:
        """Why it stops what it stops."""
        return self.words()[1]


@dataclass(frozen=True, slots=True)
class Step:
    """One packet's end as its neighbours see it: an interface, or an outside address.

    `holder` is the interface of ours that has the outside address.
    """

    family: int
    address: int
    interface: Interface | None = None
    name: str = ""
    holder: Interface | None = None


def ports_of(hops: Iterable[Hop]) -> Ports:
    """The destination ports that pass every hop; asks no further once there are none."""
    found = ALL
    for hop in hops:
        found &= hop.passes
        if not found:
            return NONE
    return found


def private(topology: Topology, client: Step, server: Step, protocol: Protocol) -> Iterator[Hop]:
    """Between two interfaces by private address, within a VPC or over a peering."""
    here, there = client.interface, server.interface
    assert here is not None and there is not None
    shared = ALL
    if here.vpc is not there.vpc and here.vpc is not None and there.vpc is not None:
        peering = topology.peering(here.vpc, there.vpc)
        shared = NONE if peering is None else peering.shares_groups & peering.active
    crosses = here.subnet is not there.subnet
    yield _route(topology, client, server, "to")
    yield _groups(topology, "egress", client, server, protocol, shared)
    if crosses:
        yield from _acl(topology, "egress", client, server, protocol)
        yield from _acl(topology, "ingress", server, client, protocol)
    yield _groups(topology, "ingress", server, client, protocol, shared)
    back = _route(topology, server, client, "back to")
    if back.passes is not ALL or here.vpc is not there.vpc:
        yield back
    if crosses:
        yield from _reply(topology, "egress", server, client, protocol)
        yield from _reply(topology, "ingress", client, server, protocol)


def inbound(topology: Topology, client: Step, server: Step, protocol: Protocol) -> Iterator[Hop]:
    """From an outside address to an interface's public one, through its internet gateway."""
    yield has_public_address(topology, server)
    yield _through_gateway(topology, server, client.address, "answers to")
    yield from _acl(topology, "ingress", server, client, protocol)
    yield _groups(topology, "ingress", server, client, protocol, NONE)
    yield from _reply(topology, "egress", server, client, protocol)


def outbound(topology: Topology, client: Step, server: Step, protocol: Protocol) -> Iterator[Hop]:
    """From an interface to an outside address, itself or through a NAT."""
    here = client.interface
    assert here is not None
    yield _groups(topology, "egress", client, server, protocol, NONE)
    yield from _acl(topology, "egress", client, server, protocol)
    nat = nat_on_the_way(topology, client, server)
    if nat is not None:
        yield from _through_nat(topology, client, server, protocol, nat)
    else:
        if client.family == 4:
            yield has_public_address(topology, client)
        yield _through_gateway(topology, client, server.address, "to", outward=True)
    yield from _reply(topology, "ingress", client, server, protocol)


def nat_on_the_way(topology: Topology, client: Step, server: Step) -> Interface | None:
    """The NAT gateway or NAT instance that the client's route to an outside address leads to."""
    here = client.interface
    if here is None or client.family != 4:
        return None
    route = topology.table_of(here.subnet).next_hop(4, server.address)
    return None if route is None else topology.nat_of(route)


def _through_nat(
    topology: Topology, client: Step, server: Step, protocol: Protocol, nat: Interface
) -> Iterator[Hop]:
    """Amazon VPC User Guide, "NAT gateways" and "NAT instances": outbound only, from the subnet
    of the NAT with its public address.
    """
    here = client.interface
    assert here is not None
    table = topology.table_of(here.subnet)
    route = table.next_hop(4, server.address)
    assert route is not None
    middle = Step(4, client.address, nat, nat.label)
    certain = MAYBE if table.may_pass_elsewhere() else ALL
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
        yield _groups(topology, "ingress", middle, client, protocol, ALL)
        yield _groups(topology, "egress", middle, server, protocol, NONE)
    if nat.subnet is not here.subnet:
        yield from _acl(topology, "ingress", middle, client, protocol)
        yield from _reply(topology, "egress", middle, client, protocol)
    yield has_public_address(topology, middle)
    yield _through_gateway(topology, middle, server.address, "to")
    yield from _acl(topology, "egress", middle, server, protocol)
    yield from _reply(topology, "ingress", middle, server, protocol)


def _groups(
    topology: Topology,
    direction: Direction,
    own: Step,
    other: Step,
    protocol: Protocol,
    shared: Ports,
) -> Hop:
    interface = own.interface
    assert interface is not None
    far = other.interface
    holder = far or other.holder
    hosts = holder.hosts & topology.host_references if holder is not None else frozenset()
    groups = far.groups if far is not None and shared else ()
    peer = Peer(other.family, other.address, groups, shared, hosts)

    def words() -> tuple[str, str]:
        names = " and ".join(map(topology.group_label, interface.groups))
        several = len(interface.groups) > 1
        group = f"security group{'s' if several else ''} {names}"
        way, preposition = ("out", "to") if direction == "egress" else ("in", "from")
        return (
            f"{group} {'let' if several else 'lets'} it {way} {preposition} {other.name}",
            f"the {group} {'have' if several else 'has'} no {direction} rule for it "
            f"{preposition} {other.name}",
        )

    return Hop(interface.path, passes(topology, interface.groups, direction, protocol, peer), words)


def _acl(
    topology: Topology, direction: Direction, own: Step, other: Step, protocol: Protocol
) -> Iterator[Hop]:
    acl = _acl_of(topology, own)
    if acl.entries is None and acl.known:
        return
    way = "out to" if direction == "egress" else "in from"
    name = topology.short(acl.path)
    yield Hop(
        acl.path,
        acl.passes(direction, protocol, other.family, other.address),
        lambda: (
            f"network ACL {name} lets it {way} {other.name}",
            f"the network ACL {name} does not let it {way} {other.name}",
        ),
    )


def _reply(
    topology: Topology, direction: Direction, own: Step, other: Step, protocol: Protocol
) -> Iterator[Hop]:
    """Whether answers pass to the client's port, whichever of the ephemeral ones it took."""
    acl = _acl_of(topology, own)
    if acl.entries is None and acl.known:
        return
    ports = acl.passes(direction, protocol, other.family, other.address)
    missing = protocol.replies - ports.sure
    way = "out to" if direction == "egress" else "in from"
    name = topology.short(acl.path)
    yield Hop(
        acl.path,
        ALL if not missing else MAYBE if protocol.replies & ports.possible else NONE,
        lambda: (
            f"network ACL {name} lets answers {way} {other.name}",
            f"the network ACL {name} does not let answers {way} {other.name} on the client's "
            f"ports {missing}",
        ),
    )


def _acl_of(topology: Topology, step: Step) -> Acl:
    assert step.interface is not None
    return topology.acl_of(step.interface)


def _route(topology: Topology, own: Step, other: Step, word: str) -> Hop:
    """From one interface's subnet to the other's VPC."""
    here, there = own.interface, other.interface
    assert here is not None and there is not None
    table = topology.table_of(here.subnet)
    if here.vpc is None or there.vpc is None:
        return Hop(here.path, MAYBE, lambda: ("", "the VPC of an endpoint is not known"))
    if here.vpc is there.vpc:
        return _local_route(topology, own, other, table)

    def lacks() -> str:
        subnet, vpc = topology.label(here.subnet), topology.label(there.vpc)
        return f"no route from {subnet} {word} {vpc} ({other.name})"

    local = topology.cidrs(here.vpc)
    if other.address in (local.ipv4 if own.family == 4 else local.ipv6):
        return Hop(table.path, NONE, lambda: ("", f"{lacks()}: the address is one of its own VPC"))
    found = table.next_hop(own.family, other.address)
    if found is None:
        state = MAYBE if table.may_pass_elsewhere() else NONE
        return Hop(table.path, state, lambda: ("", lacks()))
    if found.kind == "peering":
        return _over_peering(topology, own, other, found, lacks)

    def leads() -> str:
        return f"{topology.short(found.path)} leads to {found.names}"

    beyond = topology.beyond_nat(found, own.family, other.address)
    if (
        "unmodelled" in (found.kind, beyond)
        or found.kind == "machine"
        or (table.may_pass_elsewhere())
    ):
        return Hop(found.path, MAYBE, lambda: (leads(), f"{leads()}, which is not modelled"))
    return Hop(found.path, NONE, lambda: ("", f"{lacks()}: {leads()}"))


def _local_route(topology: Topology, own: Step, other: Step, table: Table) -> Hop:
    """The local route, or the more specific one that takes over.

    (Amazon VPC User Guide, "Middlebox appliances": to an interface, a NAT gateway or a Gateway
    Load Balancer endpoint, and nothing else may be more specific.)
    """
    here = own.interface
    assert here is not None and here.vpc is not None
    local = topology.cidrs(here.vpc)
    found = table.next_hop(
        own.family, other.address, within=local.ipv4 if own.family == 4 else local.ipv6
    )
    if found is None or found.kind not in ("machine", "nat", "unmodelled"):
        return Hop(table.path, ALL, lambda: ("the local route of the VPC leads there", ""))
    return Hop(
        found.path,
        MAYBE,
        lambda: (
            f"{topology.short(found.path)} hands {other.name}'s packets to {found.names}",
            f"{topology.short(found.path)} hands {other.name}'s packets to {found.names}, which "
            "may not pass them on",
        ),
    )


def _over_peering(
    topology: Topology, own: Step, other: Step, hop: NextHop, lacks: Callable[[], str]
) -> Hop:
    """VPC Peering Guide, "Limitations": between its two VPCs only, and only while active."""
    here, there = own.interface, other.interface
    assert here is not None and there is not None and here.vpc is not None
    assert there.vpc is not None
    peering = next((one for one in topology.peerings if one.resource is hop.target), None)
    says = f"{topology.short(hop.path)} routes {other.name} over {hop.names}"
    if peering is None or not peering.joins(here.vpc, there.vpc):
        return Hop(
            hop.path,
            MAYBE if peering is None else NONE,
            lambda: (
                says,
                f"{lacks()}: {hop.names} does not join the two VPCs, and peering is not transitive",
            ),
        )
    doubtful = topology.table_of(here.subnet).may_pass_elsewhere()
    why = peering.why or f"another route of {topology.label(here.subnet)} is not known"
    return Hop(hop.path, peering.active & (MAYBE if doubtful else ALL), lambda: (says, why))


def has_public_address(topology: Topology, step: Step) -> Hop:
    interface = step.interface
    assert interface is not None
    if step.family == 6:
        return Hop(interface.path, ALL, lambda: ("an IPv6 address is public", ""))
    label, public = interface.label, interface.public
    return Hop(
        interface.path,
        {"yes": ALL, "no": NONE, "unknown": MAYBE}[public],
        lambda: (
            f"{label} has a public address: {interface.why}",
            f"{label} has no public address"
            if public == "no"
            else f"whether {label} has a public address is known after apply ({interface.why})",
        ),
    )


def _through_gateway(
    topology: Topology, own: Step, address: int, word: str, *, outward: bool = False
) -> Hop:
    """Through an internet gateway of the interface's VPC, by the route of its subnet."""
    here = own.interface
    assert here is not None
    table = topology.table_of(here.subnet)
    hop = table.next_hop(own.family, address)
    doubt = MAYBE if table.may_pass_elsewhere() else ALL

    def lacks() -> str:
        everything = "0.0.0.0/0" if own.family == 4 else "::/0"
        return (
            f"no route from {topology.label(here.subnet)} to {everything} through an internet "
            "gateway"
        )

    if hop is None:
        return Hop(table.path, NONE if doubt is ALL else MAYBE, lambda: ("", lacks()))

    def says() -> str:
        return f"{topology.short(hop.path)} routes {word} the internet through {hop.names}"

    if hop.kind == "egress-only" and outward and own.family == 6:
        return Hop(hop.path, doubt, lambda: (says(), ""))
    if hop.kind == "unmodelled":
        return Hop(hop.path, MAYBE, lambda: (says(), f"{hop.names} is not modelled"))
    if hop.kind != "internet":
        return Hop(
            hop.path,
            NONE,
            lambda: ("", f"{lacks()}: {topology.short(hop.path)} leads to {hop.names}"),
        )
    state, why = topology.gateway_state(hop, here.vpc)
    unsure = f"another route of {topology.label(here.subnet)} is not known"
    return Hop(hop.path, state & doubt, lambda: (says(), why or unsure))
