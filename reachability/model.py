"""The network of a stack as AWS sees it: endpoints, and all that decides over their packets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from reachability.distinctions import Distinctions
from reachability.endpoints import Endpoint, endpoints
from reachability.interfaces import Interface, nat_gateway
from reachability.intervals import PUBLIC, Addresses
from reachability.network import VPC_TYPES, cidrs_of, is_default_vpc, table_of
from reachability.network_acls import Acl, acls
from reachability.next_hops import NextHop
from reachability.peering import Peering, peerings
from reachability.prefix_lists import public_lists
from reachability.routing import Table, tables
from reachability.security_groups import (
    GROUP_TYPES,
    Direction,
    Rule,
    rules,
)
from reachability.stack import Resource, Stack

INTERNET = "internet"


@dataclass(frozen=True, eq=False)
class Topology:
    """`outside` are the sources and destinations beyond every VPC: "internet", and each prefix
    list of public addresses under its own name; the internet is what none of those lists holds.
    A VPC's own range is none of them, public though every IPv6 address is.
    """

    stack: Stack
    endpoints: Mapping[str, Endpoint]
    outside: Mapping[str, Addresses]
    peerings: tuple[Peering, ...]
    acls: Mapping[str, Acl]
    tables: Mapping[str, Table]
    group_rules: Mapping[tuple[str, Direction], tuple[Rule, ...]]
    managed_groups: frozenset[str]
    cache: dict[Any, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, stack: Stack) -> Topology:
        """The topology of everything in the stack."""
        lists = public_lists(stack)
        ranges = [cidrs_of(stack, one) for one in stack.resources.values() if one.type in VPC_TYPES]
        inside = Addresses.union(one for one in ranges if one is not None)
        everyone = {INTERNET: PUBLIC - Addresses.union(lists.values()), **lists}
        return cls(
            stack=stack,
            endpoints={one.name: one for one in endpoints(stack)},
            outside={name: rest for name, held in everyone.items() if (rest := held - inside)},
            peerings=tuple(peerings(stack)),
            acls=acls(stack),
            tables=tables(stack),
            group_rules=_rules_by_group(stack),
            managed_groups=frozenset(one.address for one in stack.of(*GROUP_TYPES)),
        )

    def label(self, resource: Resource | None) -> str:
        """As `Stack.label`."""
        return "a network that is not known" if resource is None else self.stack.label(resource)

    def short(self, path: str) -> str:
        return path.removeprefix(f"{self.stack.name}/")

    def acl_of(self, interface: Interface) -> Acl:
        """The network ACL of the interface's subnet; an unmanaged default one allows everything.

        (Amazon VPC User Guide, "Default network ACL".)
        """
        if interface.subnet is not None and interface.subnet.address in self.acls:
            return self.acls[interface.subnet.address]
        vpc = interface.vpc.address if interface.vpc is not None else ""
        return self.acls.get(vpc) or _OPEN_ACL

    def table_of(self, subnet: Resource | None) -> Table:
        """The route table of a subnet."""
        if subnet is None:
            return _UNKNOWN_TABLE
        if subnet.address not in self._subnet_tables:
            found = table_of(self.stack, subnet)
            self._subnet_tables[subnet.address] = self._table(found)
        return self._subnet_tables[subnet.address]

    def _table(self, resource: Resource | None) -> Table:
        if resource is None:
            return _UNKNOWN_TABLE
        table = self.tables.get(resource.address) or Table(resource.path)
        foreign = resource.is_data and not is_default_vpc(resource)
        return Table(table.path, table.prefixes, table.doubtful, known=not foreign)

    @cached_property
    def _subnet_tables(self) -> dict[str, Table]:
        return {}

    def cidrs(self, vpc: Resource) -> Addresses:
        """The addresses of a VPC, those known."""
        if vpc.address not in self._cidrs:
            self._cidrs[vpc.address] = cidrs_of(self.stack, vpc) or Addresses()
        return self._cidrs[vpc.address]

    @cached_property
    def _cidrs(self) -> dict[str, Addresses]:
        return {}

    def peering(self, one: Resource, other: Resource) -> Peering | None:
        """The connection between two VPCs that comes nearest to being active."""
        return self._between.get(frozenset((one, other)))

    @cached_property
    def _between(self) -> dict[frozenset[Resource], Peering]:
        found: dict[frozenset[Resource], Peering] = {}
        for peering in sorted(self.peerings, key=lambda one: one.active.possible.size):
            found[frozenset(peering.vpcs)] = peering
        return found

    def group_label(self, group: str) -> str:
        """A security group as people know it."""
        resource = self.stack.at(group)
        return self.label(resource) if resource is not None else group or "that is not known"

    def nat_of(self, route: NextHop) -> Interface | None:
        """The interface of the NAT gateway or machine that a route hands its packets to."""
        if route.target is None or route.kind not in ("nat", "machine"):
            return None
        if route.kind == "nat":
            return self._nat_gateways.get(route.target.address)
        for endpoint in self.endpoints.values():
            for interface in endpoint.interfaces:
                if interface.path == route.target.path:
                    return interface
        return None

    def beyond_nat(self, route: NextHop, family: int, address: int) -> str:
        """The kind of route that a NAT gateway itself takes to an address, or "".

        (Amazon VPC User Guide, "NAT gateways": also to other networks, by a transit gateway or a
        virtual private gateway.)
        """
        nat = self.nat_of(route) if route.kind == "nat" else None
        found = None if nat is None else self.table_of(nat.subnet).next_hop(family, address)
        return "" if found is None else found.kind

    @cached_property
    def _nat_gateways(self) -> dict[str, Interface]:
        return {
            one.address: nat_gateway(self.stack, one) for one in self.stack.of("aws_nat_gateway")
        }

    @cached_property
    def host_references(self) -> frozenset[tuple[str, str]]:
        """The attributes that rules use as single addresses known after apply."""
        return frozenset(
            (host.address, host.attribute)
            for several in self.group_rules.values()
            for rule in several
            for host in rule.hosts
        )

    @cached_property
    def distinctions(self) -> Distinctions:
        """The addresses that anything in the topology tells apart."""
        return Distinctions.of(
            [rule for several in self.group_rules.values() for rule in several],
            {id(one): one for one in self.acls.values()}.values(),
            self.tables.values(),
            [self.cidrs(one) for one in self.stack.resources.values() if one.type in VPC_TYPES],
        )


def _rules_by_group(stack: Stack) -> dict[tuple[str, Direction], tuple[Rule, ...]]:
    found: dict[tuple[str, Direction], list[Rule]] = {}
    for rule in rules(stack):
        inline = rule.resource.type in GROUP_TYPES
        if inline and rule.direction not in rule.resource.configured:
            continue
        found.setdefault((rule.group, rule.direction), []).append(rule)
    return {key: tuple(several) for key, several in found.items()}


_OPEN_ACL = Acl("the default network ACL", None)
_UNKNOWN_TABLE = Table("a route table that is not known", known=False)
