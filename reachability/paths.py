"""The ways from one interface or outside address to another: every hop there and back.

A connection needs its forward path and the path of its answers. Each hop says which destination
ports pass it; a way lets through what all of its hops do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reachability.endpoints import Interface
from reachability.group_filters import Peer, passes
from reachability.model import Topology
from reachability.network_acls import Acl
from reachability.ports import ALL, MAYBE, NONE, Ports, Protocol
from reachability.routing import NextHop
from reachability.security_groups import Direction


@dataclass(frozen=True, slots=True)
class Hop:
    """One element on the way: `path` names it, `says` what it does, `lacks` why what stops stops.

    `passes` are the destination ports it lets through.
    """

    path: str
    says: str
    lacks: str
    passes: Ports


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
    yield _groups(topology, "egress", client, server, protocol, shared)
    if crosses:
        yield from _acl(topology, "egress", client, server, protocol)
    yield _route(topology, client, server, "to")
    if crosses:
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
        f"{topology.short(route.path)} routes {server.name} through {nat.label}",
        f"{nat.label} is in another VPC, where no route can lead",
        certain if inside else NONE,
    )
    if route.kind == "machine":
        yield Hop(
            nat.path,
            f"{nat.label} forwards what is not its own",
            f"{nat.label} checks source and destination, so it forwards nothing",
            ALL if nat.forwards else NONE,
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
    names = (
        " and ".join(topology.group_label(group) for group in interface.groups)
        or "no security group"
    )
    way = "out to" if direction == "egress" else "in from"
    opens = "to" if direction == "egress" else "from"
    plural, lets, has = (
        ("groups", "let", "have") if len(interface.groups) > 1 else ("group", "lets", "has")
    )
    return Hop(
        interface.path,
        f"security {plural} {names} {lets} it {way} {other.name}",
        f"the security {plural} {names} {has} no {direction} rule for it {opens} {other.name}",
        passes(topology, interface.groups, direction, protocol, peer),
    )


def _acl(
    topology: Topology, direction: Direction, own: Step, other: Step, protocol: Protocol
) -> Iterator[Hop]:
    acl = _acl_of(topology, own)
    if acl.entries is None and acl.known:
        return
    ports = acl.passes(direction, protocol, other.family, other.address)
    way = "out to" if direction == "egress" else "in from"
    name = topology.short(acl.path)
    yield Hop(
        acl.path,
        f"network ACL {name} lets it {way} {other.name}",
        f"the network ACL {name} does not let it {way} {other.name}",
        ports,
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
    found = ALL if not missing else MAYBE if protocol.replies & ports.possible else NONE
    way = "out to" if direction == "egress" else "in from"
    name = topology.short(acl.path)
    yield Hop(
        acl.path,
        f"network ACL {name} lets answers {way} {other.name}",
        f"the network ACL {name} does not let answers {way} {other.name} on the client's "
        f"ports {missing}",
        found,
    )


def _acl_of(topology: Topology, step: Step) -> Acl:
    assert step.interface is not None
    return topology.acl_of(step.interface)


def _route(topology: Topology, own: Step, other: Step, word: str) -> Hop:
    """From one interface's subnet to the other's VPC."""
    here, there = own.interface, other.interface
    assert here is not None and there is not None
    table = topology.table_of(here.subnet)
    subnet = topology.label(here.subnet)
    lacks = f"no route from {subnet} {word} {topology.label(there.vpc)} ({other.name})"
    if here.vpc is None or there.vpc is None:
        return Hop(here.path, "", "the VPC of an endpoint is not known", MAYBE)
    if here.vpc is there.vpc:
        found = _middlebox(topology, here, own.family, other.address)
        if found is not None:
            what = f"{topology.short(found.path)} hands it to {found.names}"
            return Hop(found.path, what, f"{what}, which may not pass it on", MAYBE)
        return Hop(table.path, "local route of the VPC", "", ALL)
    local = topology.cidrs(here.vpc)
    if other.address in (local.ipv4 if own.family == 4 else local.ipv6):
        return Hop(table.path, "", f"{lacks}: the address is one of its own VPC", NONE)
    found = table.next_hop(own.family, other.address)
    if found is None:
        return Hop(table.path, "", lacks, MAYBE if table.may_pass_elsewhere() else NONE)
    if found.kind == "peering":
        return _over_peering(topology, own, other, found, lacks)
    leads = f"{topology.short(found.path)} leads to {found.names}"
    if found.kind in ("unmodelled", "machine") or table.may_pass_elsewhere():
        return Hop(found.path, leads, f"{leads}, which is not modelled", MAYBE)
    return Hop(found.path, "", f"{lacks}: {leads}", NONE)


def _middlebox(topology: Topology, here: Interface, family: int, address: int) -> NextHop | None:
    """The route more specific than the local one that takes over, if there is one.

    (Amazon VPC User Guide, "Middlebox appliances": to an interface, a NAT gateway or a Gateway
    Load Balancer endpoint, and nothing else may be more specific.)
    """
    assert here.vpc is not None
    local = topology.cidrs(here.vpc)
    found = topology.table_of(here.subnet).next_hop(
        family, address, within=local.ipv4 if family == 4 else local.ipv6
    )
    return found if found is not None and found.kind in ("machine", "nat", "unmodelled") else None


def _over_peering(topology: Topology, own: Step, other: Step, hop: NextHop, lacks: str) -> Hop:
    """VPC Peering Guide, "Limitations": between its two VPCs only, and only while active."""
    here, there = own.interface, other.interface
    assert here is not None and there is not None and here.vpc is not None
    assert there.vpc is not None
    peering = next((one for one in topology.peerings if one.resource is hop.target), None)
    name = hop.names
    if peering is None or not peering.joins(here.vpc, there.vpc):
        known = peering is not None
        return Hop(
            hop.path,
            f"{topology.short(hop.path)} routes it over {name}",
            f"{lacks}: {name} does not join the two VPCs, and peering is not transitive",
            NONE if known else MAYBE,
        )
    doubtful = topology.table_of(here.subnet).may_pass_elsewhere()
    return Hop(
        hop.path,
        f"{topology.short(hop.path)} routes {other.name} over {name}",
        peering.why or f"another route of {topology.label(here.subnet)} is not known",
        peering.active & (MAYBE if doubtful else ALL),
    )


def has_public_address(topology: Topology, step: Step) -> Hop:
    interface = step.interface
    assert interface is not None
    if step.family == 6:
        return Hop(interface.path, "an IPv6 address is public", "", ALL)
    label = interface.label
    return Hop(
        interface.path,
        f"{label} has a public address: {interface.why}",
        f"{label} has no public address"
        if interface.public == "no"
        else f"whether {label} has a public address is known after apply ({interface.why})",
        {"yes": ALL, "no": NONE, "unknown": MAYBE}[interface.public],
    )


def _through_gateway(
    topology: Topology, own: Step, address: int, word: str, *, outward: bool = False
) -> Hop:
    """Through an internet gateway of the interface's VPC, by the route of its subnet."""
    here = own.interface
    assert here is not None
    subnet = topology.label(here.subnet)
    table = topology.table_of(here.subnet)
    everything = "0.0.0.0/0" if own.family == 4 else "::/0"
    lacks = f"no route from {subnet} to {everything} through an internet gateway"
    hop = table.next_hop(own.family, address)
    if hop is None:
        return Hop(table.path, "", lacks, MAYBE if table.may_pass_elsewhere() else NONE)
    name = hop.names
    says = f"{topology.short(hop.path)} routes {word} the internet through {name}"
    if hop.kind == "egress-only" and outward and own.family == 6:
        return Hop(hop.path, says, "", MAYBE if table.may_pass_elsewhere() else ALL)
    if hop.kind == "unmodelled":
        return Hop(hop.path, says, f"{name} is not modelled", MAYBE)
    if hop.kind != "internet":
        return Hop(hop.path, "", f"{lacks}: {topology.short(hop.path)} leads to {name}", NONE)
    state, why = topology.gateway_state(hop, here.vpc)
    if table.may_pass_elsewhere():
        return Hop(hop.path, says, f"another route of {subnet} is not known", state & MAYBE)
    return Hop(hop.path, says, why, state)
