"""One hop of a way: what a Hop is, and the hops that filter packets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from reachability.group_filters import Peer, passes
from reachability.interfaces import Interface
from reachability.model import Topology
from reachability.network_acls import Acl
from reachability.ports import ALL, MAYBE, NONE, Ports, Protocol
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


def group_hop(
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
    attribute = "private_ip" if far is not None else "public_ip"
    hosts = holder.hosts & topology.host_references if holder is not None else frozenset()
    hosts = frozenset(one for one in hosts if one[1] == attribute)
    groups = holder.groups if holder is not None and shared else ()
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


def acl_hops(
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


def reply_hops(
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
