"""The hops that routes make: to another interface, and through a gateway to the outside."""

from __future__ import annotations

from collections.abc import Callable

from reachability import internet_gateways
from reachability.hops import Hop, Step
from reachability.model import Topology
from reachability.next_hops import Kind, NextHop
from reachability.ports import ALL, MAYBE, NONE
from reachability.routing import Table


def route_hop(topology: Topology, own: Step, other: Step, word: str) -> Hop:
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


def other_way_back(
    topology: Topology, own: Step, other: Step, back: Hop, kinds: tuple[Kind, ...]
) -> Hop:
    """IPv6 addresses are the same within and without, so answers may take another way than calls.

    No page of AWS's says that they may not.
    """
    here = own.interface
    if back.passes or own.family == 4 or here is None:
        return back
    found = topology.table_of(here.subnet).next_hop(6, other.address)
    if found is None or found.kind not in kinds:
        return back

    def says() -> str:
        return f"{topology.short(found.path)} sends answers to {other.name} by {found.names}"

    return Hop(found.path, MAYBE, lambda: (says(), f"{says()}, not the way that calls came"))


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


def gateway_hop(
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
    state, why = internet_gateways.serves(topology.stack, hop.target, here.vpc)
    unsure = f"another route of {topology.label(here.subnet)} is not known"
    return Hop(hop.path, state & doubt, lambda: (says(), why or unsure))
