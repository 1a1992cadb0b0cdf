"""A small sound network to depart from, one change at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.reachability.oracle.description import (
    Acl,
    AclRule,
    Description,
    Group,
    GroupRule,
    Instance,
    NatGateway,
    Peering,
    Protocol,
    Route,
    RouteTable,
    Subnet,
    Vpc,
)

OUT = GroupRule(True, "all", "0.0.0.0/0")
TO_PEER = Route("10.1.0.0/16", "peering", "pcx0")
BACK = Route("10.0.0.0/16", "peering", "pcx0")
WORLD = Route("0.0.0.0/0", "igw")
NAT = Route("0.0.0.0/0", "nat", "nat0")


def allow(peer: str, port: int, protocol: Protocol = "tcp") -> GroupRule:
    return GroupRule(False, protocol, peer, (port, port))


def table(name: str, vpc: str, *routes: Route) -> RouteTable:
    return RouteTable(name, vpc, False, routes)


def small(**changed: Any) -> Description:
    """web (public), app (private, NAT) and, in the peered VPC, ci: web calls app, ci calls web."""
    sound = Description(
        seed=0,
        vpcs=(Vpc("vpc0", "10.0.0.0/16", True), Vpc("vpc1", "10.1.0.0/16", False)),
        route_tables=(
            table("public", "vpc0", WORLD, TO_PEER),
            table("private", "vpc0", NAT),
            table("peer", "vpc1", BACK),
        ),
        acls=(),
        subnets=(
            Subnet("s0", "vpc0", "10.0.1.0/24", "public", None, True),
            Subnet("s1", "vpc0", "10.0.2.0/24", "private", None, False),
            Subnet("s2", "vpc1", "10.1.1.0/24", "peer", None, False),
        ),
        nat_gateways=(NatGateway("nat0", "s0", "10.0.1.4"),),
        peerings=(Peering("pcx0", "vpc1", "vpc0", True),),
        groups=(
            Group("web-group", "vpc0", (allow("0.0.0.0/0", 80), allow("ci-group", 22), OUT)),
            Group("app-group", "vpc0", (allow("web-group", 5000), OUT)),
            Group("ci-group", "vpc1", (OUT,)),
        ),
        instances=(
            Instance("web", "s0", "10.0.1.10", ("web-group",)),
            Instance("app", "s1", "10.0.2.10", ("app-group",)),
            Instance("ci", "s2", "10.1.1.10", ("ci-group",)),
        ),
    )
    return replace(sound, **changed)


def with_table(table: RouteTable) -> Description:
    return small(
        route_tables=tuple(table if one.name == table.name else one for one in small().route_tables)
    )


def with_rules(group: str, *rules: GroupRule) -> Description:
    return small(
        groups=tuple(
            replace(one, rules=rules) if one.name == group else one for one in small().groups
        )
    )


def with_subnet(name: str, **changed: Any) -> Description:
    return small(
        subnets=tuple(
            replace(one, **changed) if one.name == name else one for one in small().subnets
        )
    )


def with_instance(name: str, **changed: Any) -> Description:
    return small(
        instances=tuple(
            replace(one, **changed) if one.name == name else one for one in small().instances
        )
    )


def with_acl(subnet: str, *rules: AclRule) -> Description:
    return replace(
        with_subnet(subnet, acl="acl0"),
        acls=(Acl("acl0", "vpc0", rules),),
    )
