"""Route tables as AWS reads them: the longest prefix that holds an address decides.

Amazon VPC User Guide, "Route tables": every table has a local route for each CIDR of its VPC; a
subnet without a table of its own uses the VPC's main one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from reachability.intervals import Intervals
from reachability.network import Route, addresses, is_internet_gateway, routes
from reachability.security_groups import prefix_list_addresses
from reachability.stack import Reference, Resource, Stack, Unknown

Kind = Literal[
    "internet", "nat", "peering", "egress-only", "machine", "endpoint", "nowhere", "unmodelled"
]

_UNMODELLED = {
    "transit_gateway_id": "a transit gateway",
    "vpc_endpoint_id": "a Gateway Load Balancer endpoint",
    "carrier_gateway_id": "a carrier gateway",
    "local_gateway_id": "a local gateway",
    "core_network_arn": "a Cloud WAN core network",
    "gateway_id": "a gateway that is not modelled",
}


@dataclass(frozen=True, eq=False)
class NextHop:
    """Where one route leads. `path` is where it is written, `target` the resource it hands to."""

    path: str
    kind: Kind
    target: Resource | None
    names: str


@dataclass(frozen=True, eq=False)
class Table:
    """`prefixes` by family: (first, last, next hop); `doubtful` have a destination not known yet.

    `known` is false for a table whose other routes are not in this stack.
    """

    path: str
    prefixes: Mapping[int, tuple[tuple[int, int, NextHop], ...]] = field(
        default_factory=lambda: {4: (), 6: ()}
    )
    doubtful: tuple[NextHop, ...] = ()
    known: bool = True
    _seen: dict[tuple[int, int, Intervals | None], NextHop | None] = field(default_factory=dict)

    def next_hop(
        self, family: int, address: int, within: Intervals | None = None
    ) -> NextHop | None:
        """The route that the longest prefix chooses, or None if no route holds the address.

        Of the prefixes inside `within` only, where that is given.
        """
        key = (family, address, within)
        if key not in self._seen:
            holding = [
                one
                for one in self.prefixes[family]
                if one[0] <= address <= one[1]
                and (within is None or Intervals.of(one[:2]) <= within)
            ]
            best = min(holding, key=lambda one: one[1] - one[0], default=None)
            self._seen[key] = None if best is None else best[2]
        return self._seen[key]

    def may_pass_elsewhere(self) -> bool:
        """Whether a route that is not known could decide instead."""
        return bool(self.doubtful) or not self.known

    def may_lead_anywhere(self) -> bool:
        """Whether packets may come out in a VPC that nothing modelled joins to this one."""
        return self.may_pass_elsewhere() or any(
            hop.kind in ("unmodelled", "machine")
            for several in self.prefixes.values()
            for _, _, hop in several
        )


def tables(stack: Stack, assumed: Mapping[str, Iterable[tuple[str, NextHop]]]) -> dict[str, Table]:
    """Every table with routes, by the address of its resource (of a VPC for its own main table).

    `assumed` holds routes that AWS makes itself: (CIDR, next hop) by table.
    """
    prefixes: dict[str, dict[int, list[tuple[int, int, NextHop]]]] = {}
    doubtful: dict[str, list[NextHop]] = {}
    for address, several in assumed.items():
        for cidr, hop in several:
            _add(prefixes.setdefault(address, {4: [], 6: []}), [cidr], hop)
    for route in routes(stack):
        if route.table is None:
            continue
        hop = _next_hop(stack, route)
        cidrs = _destinations(stack, route)
        if cidrs is not None:
            _add(prefixes.setdefault(route.table.address, {4: [], 6: []}), cidrs, hop)
        elif hop.kind != "endpoint":
            doubtful.setdefault(route.table.address, []).append(hop)
    return {
        address: Table(
            stack.resources[address].path,
            {family: tuple(several) for family, several in prefixes[address].items()}
            if address in prefixes
            else {4: (), 6: ()},
            tuple(doubtful.get(address, ())),
        )
        for address in {**prefixes, **doubtful}
    }


def _add(
    table: dict[int, list[tuple[int, int, NextHop]]], cidrs: Iterable[str], hop: NextHop
) -> None:
    for cidr in cidrs:
        found = addresses([cidr])
        if found is not None:
            for family, held in ((4, found.ipv4), (6, found.ipv6)):
                table[family] += [(low, high, hop) for low, high in held.pairs]


def _destinations(stack: Stack, route: Route) -> list[str] | None:
    """The CIDRs that a route holds for, or None when they are not known."""
    if isinstance(route.destination, str) and addresses([route.destination]) is not None:
        return [route.destination]
    held = prefix_list_addresses(stack, route.destination)
    if held is None:
        return None
    return str(held).split(", ") if held else []


def _next_hop(stack: Stack, route: Route) -> NextHop:
    target = stack.pointed(route.target)
    path = route.resource.path
    named = _called(stack, target) if target is not None else str(route.target)
    match route.kind:
        case "gateway_id" if is_internet_gateway(stack, route):
            unknown = target is None and isinstance(route.target, Unknown)
            return NextHop(path, "unmodelled" if unknown else "internet", target, named)
        case "gateway_id" if _is_gateway_endpoint(target, route.target):
            return NextHop(path, "endpoint", target, named)
        case "gateway_id" if route.target == "local":
            return NextHop(path, "nowhere", None, "local")
        case "nat_gateway_id":
            return NextHop(path, "nat" if target else "unmodelled", target, named)
        case "vpc_peering_connection_id":
            return NextHop(path, "peering" if target else "unmodelled", target, named)
        case "egress_only_gateway_id":
            return NextHop(path, "egress-only", target, named)
        case "network_interface_id":
            part = stack.attribute(route.target)
            machine = target or (stack.at(part.address) if part is not None else None)
            names = stack.label(machine) if machine is not None else named
            return NextHop(path, "machine" if machine else "unmodelled", machine, names)
    return NextHop(path, "unmodelled", target, _UNMODELLED.get(route.kind, route.kind))


_NOUNS = {
    "aws_internet_gateway": "internet gateway ",
    "aws_nat_gateway": "NAT gateway ",
    "aws_egress_only_internet_gateway": "egress-only internet gateway ",
    "aws_vpc_endpoint": "gateway endpoint ",
}


def _called(stack: Stack, target: Resource) -> str:
    return f"{_NOUNS.get(target.type, '')}{stack.label(target)}"


def _is_gateway_endpoint(target: Resource | None, named: object) -> bool:
    if target is not None:
        return target.type == "aws_vpc_endpoint"
    if isinstance(named, Reference):
        return "aws_vpc_endpoint." in named.address
    return isinstance(named, str) and named.startswith("vpce-")


def intervals_of(table: Table, family: int) -> Iterable[Intervals]:
    """The destinations of a table's routes, as sets of addresses."""
    return (Intervals.of((low, high)) for low, high, _ in table.prefixes[family])
