"""The network of a stack as AWS sees it: endpoints, and all that decides over their packets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from reachability.endpoints import Endpoint, endpoints
from reachability.interfaces import Interface, nat_gateway
from reachability.intervals import PUBLIC, Addresses, Intervals, is_world
from reachability.network import cidrs_of, table_of, vpc_of
from reachability.network_acls import Acl, acls
from reachability.peering import Peering, peerings
from reachability.ports import ALL, MAYBE, NONE, Ports
from reachability.routing import NextHop, Table, intervals_of, tables
from reachability.security_groups import (
    GROUP_TYPES,
    RULE_TYPES,
    Direction,
    Rule,
    held_by,
    rules,
)
from reachability.stack import Resource, Stack, is_false

INTERNET = "internet"


@dataclass(frozen=True, eq=False)
class Topology:
    """`outside` are the sources and destinations beyond every VPC: "internet", and each prefix
    list of public addresses under its own name; the internet is what none of those lists holds.
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
        outside = _prefix_lists(stack)
        named = Addresses.union(outside.values())
        return cls(
            stack=stack,
            endpoints={one.name: one for one in endpoints(stack)},
            outside={INTERNET: PUBLIC - named, **outside},
            peerings=tuple(peerings(stack)),
            acls=acls(stack),
            tables=tables(stack, _made_by_aws(stack)),
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
        foreign = resource.is_data and not _is_default_vpc(resource)
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
    def left_out(self) -> tuple[Resource, ...]:
        """What has security groups and is no endpoint of the model: functions, containers, …"""
        known = {endpoint.path for endpoint in self.endpoints.values()}
        return tuple(
            resource
            for resource in self.stack.resources.values()
            if not resource.is_data
            and resource.type not in (*GROUP_TYPES, *RULE_TYPES, *_PARTS)
            and resource.path not in known
            and any(resource.values.get(key) for key in _CARRIES_GROUPS)
        )

    @cached_property
    def _nat_gateways(self) -> dict[str, Interface]:
        return {
            one.address: nat_gateway(self.stack, one) for one in self.stack.of("aws_nat_gateway")
        }

    def gateway_state(self, route: NextHop, vpc: Resource | None) -> tuple[Ports, str]:
        """Whether an internet gateway serves a VPC, and why not."""
        gateway = route.target
        if self.public_access_block is not None:
            return (
                MAYBE,
                f"{self.label(self.public_access_block)} (Block Public Access) is not modelled",
            )
        if gateway is None or gateway.is_data:
            return ALL, ""
        if gateway.address in self.edge_routed:
            return MAYBE, f"the route table of {self.label(gateway)} itself is not modelled"
        if vpc is None or vpc_of(self.stack, gateway) is not vpc:
            return NONE, f"{self.label(gateway)} is not attached to {self.label(vpc)}"
        return ALL, ""

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
    def edge_routed(self) -> frozenset[str]:
        """Gateways with a route table of their own ("Gateway route tables"): not modelled."""
        return frozenset(
            gateway.address
            for association in self.stack.of("aws_route_table_association")
            for gateway in self.stack.targets(association, "gateway_id")
        )

    @cached_property
    def public_access_block(self) -> Resource | None:
        """VPC Block Public Access, if it is on in any mode."""
        for resource in self.stack.of("aws_vpc_block_public_access_options"):
            if self.stack.value(resource, "internet_gateway_block_mode") != "off":
                return resource
        return None

    @cached_property
    def cuts(self) -> dict[int, tuple[Intervals, ...]]:
        """Every distinct set of addresses that any rule, ACL entry or route tells apart."""
        found: dict[int, dict[Intervals, None]] = {4: {}, 6: {}}

        def note(held: Addresses) -> None:
            found[4].setdefault(held.ipv4)
            found[6].setdefault(held.ipv6)

        for several in self.group_rules.values():
            for rule in several:
                note(rule.peers)
        for acl in {id(one): one for one in self.acls.values()}.values():
            for entries in (acl.entries or {}).values():
                for entry in entries:
                    note(Addresses(entry.addresses[4], entry.addresses[6]))
        for table in self.tables.values():
            for family in (4, 6):
                for held in intervals_of(table, family):
                    found[family].setdefault(held)
        for vpc in self.stack.resources.values():
            if vpc.type in ("aws_vpc", "aws_default_vpc"):
                note(self.cidrs(vpc))
        return {family: tuple(one for one in sets if one) for family, sets in found.items()}

    def atoms(self, addresses: Intervals, family: int) -> tuple[Intervals, ...]:
        """The addresses in parts that nothing in the topology tells apart any further."""
        key = ("atoms", family, addresses)
        if key not in self.cache:
            self.cache[key] = tuple(_split(addresses, self.cuts[family]))
        found: tuple[Intervals, ...] = self.cache[key]
        return found

    def signature(self, family: int, address: int) -> frozenset[int]:
        """Which of the `cuts` hold an address: what can be told of it here."""
        return frozenset(index for index, held in enumerate(self.cuts[family]) if address in held)

    @cached_property
    def pool(self) -> dict[int, tuple[Intervals, ...]]:
        """Where a public address that AWS has yet to choose may come from, in atoms.

        Not from a range small enough for one organisation: that is somebody else's.
        """
        bounded = {
            family: [
                one
                for one in sets
                if not is_world(Addresses(one) if family == 4 else Addresses(ipv6=one))
            ]
            for family, sets in self.cuts.items()
        }
        return {
            family: self.atoms(space - Intervals.union(bounded[family]), family)
            for family, space in ((4, PUBLIC.ipv4), (6, PUBLIC.ipv6))
        }


def _split(addresses: Intervals, cuts: Iterable[Intervals]) -> list[Intervals]:
    parts = [addresses] if addresses else []
    for cut in cuts:
        if addresses & cut:
            parts = [part for one in parts for part in (one & cut, one - cut) if part]
    return parts


def _prefix_lists(stack: Stack) -> dict[str, Addresses]:
    """The public addresses of each managed prefix list that holds some.

    By its own Role tag, which is the same in synthesised JSON, in a plan and in the account; else
    by the end of its path.
    """
    found: dict[str, Addresses] = {}
    for resource in stack.of("aws_ec2_managed_prefix_list"):
        held = held_by(stack, resource)
        if held is not None and held & PUBLIC:
            own = resource.values.get("tags")
            role = own.get("Role") if isinstance(own, Mapping) else None
            short = role if isinstance(role, str) else re.split(r"[/.]", resource.path)[-1]
            name = short if short not in found else resource.path
            found[name] = held & PUBLIC
    return found


def _rules_by_group(stack: Stack) -> dict[tuple[str, Direction], tuple[Rule, ...]]:
    found: dict[tuple[str, Direction], list[Rule]] = {}
    for rule in rules(stack):
        inline = rule.resource.type in GROUP_TYPES
        if inline and rule.direction not in rule.resource.configured:
            continue
        found.setdefault((rule.group, rule.direction), []).append(rule)
    return {key: tuple(several) for key, several in found.items()}


def _is_default_vpc(vpc: Resource) -> bool:
    return vpc.type == "aws_default_vpc" or (
        vpc.is_data and not is_false(vpc.values.get("default"))
    )


def _made_by_aws(stack: Stack) -> dict[str, list[tuple[str, NextHop]]]:
    """Amazon VPC User Guide, "Default VPCs": the main table has a route to an internet gateway."""
    return {
        vpc.address: [
            (
                "0.0.0.0/0",
                NextHop(vpc.path, "internet", None, "the default VPC's internet gateway"),
            )
        ]
        for vpc in stack.resources.values()
        if vpc.type in ("aws_vpc", "aws_default_vpc") and _is_default_vpc(vpc)
    }


# They belong to an endpoint, or to one that another resource makes.
_PARTS = ("aws_network_interface", "aws_network_interface_sg_attachment", "aws_db_subnet_group")

_CARRIES_GROUPS = (
    "vpc_security_group_ids",
    "security_groups",
    "security_group_ids",
    "vpc_config",
    "network_configuration",
    "network_interfaces",
)

_OPEN_ACL = Acl("the default network ACL", None)
_UNKNOWN_TABLE = Table("a route table that is not known", known=False)
