"""Route tables as AWS reads them: the longest prefix that holds an address decides.

Amazon VPC User Guide, "Route tables": every table has a local route for each CIDR of its VPC; a
subnet without a table of its own uses the VPC's main one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reachability.intervals import Intervals
from reachability.network import VPC_TYPES, addresses, is_default_vpc
from reachability.next_hops import NextHop, next_hop
from reachability.prefix_lists import prefix_list_addresses
from reachability.routes import Route, routes
from reachability.stack import Resource, Stack


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


def tables(stack: Stack) -> dict[str, Table]:
    """Every table with routes, by the address of its resource (of a VPC for its own main table)."""
    prefixes: dict[str, dict[int, list[tuple[int, int, NextHop]]]] = {}
    doubtful: dict[str, list[NextHop]] = {}
    for vpc in stack.resources.values():
        if vpc.type in VPC_TYPES and is_default_vpc(vpc):
            _add(prefixes.setdefault(vpc.address, {4: [], 6: []}), *_made_by_aws(vpc))
    for route in routes(stack):
        if route.table is None:
            continue
        hop = next_hop(stack, route)
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


def _made_by_aws(vpc: Resource) -> tuple[list[str], NextHop]:
    """Amazon VPC User Guide, "Default VPCs": the main table has a route to an internet gateway."""
    names = "the default VPC's internet gateway"
    return ["0.0.0.0/0"], NextHop(vpc.path, "internet", None, names)


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


def intervals_of(table: Table, family: int) -> Iterable[Intervals]:
    """The destinations of a table's routes, as sets of addresses."""
    return (Intervals.of((low, high)) for low, high, _ in table.prefixes[family])
