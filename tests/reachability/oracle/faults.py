"""The mistakes that people really make, each done to a sound draft where it has room for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.reachability.oracle.description import AclRule, Route
from tests.reachability.oracle.draft import EVERYWHERE, Draft


def drop_a_route(draft: Draft) -> None:
    if tables := [one for one in draft.tables if one.routes]:
        table = draft.random.choice(tables)
        lost = draft.random.choice(table.routes)
        routes = tuple(one for one in table.routes if one != lost)
        draft.exchange(draft.tables, table, replace(table, routes=routes))


def mislead_a_route(draft: Draft) -> None:
    """A more specific route goes where no return is."""
    if tables := [one for one in draft.tables if one.routes]:
        table = draft.random.choice(tables)
        elsewhere = draft.random.choice(table.routes)
        others = [one.cidr for one in draft.subnets if one.vpc != table.vpc]
        cidr = draft.random.choice([*others, "203.0.113.0/24", "198.51.100.0/25"])
        if cidr not in {one.cidr for one in table.routes}:
            routes = (*table.routes, replace(elsewhere, cidr=cidr))
            draft.exchange(draft.tables, table, replace(table, routes=routes))


def forget_the_private_subnets(draft: Draft) -> None:
    """Peering routes in the public tables alone: the private default route takes the rest."""
    for table in [one for one in draft.tables if one.name.endswith("-private")]:
        routes = tuple(one for one in table.routes if one.via != "peering")
        draft.exchange(draft.tables, table, replace(table, routes=routes))


def try_transitively(draft: Draft) -> None:
    """Routes to the VPC behind the peer, both ways."""
    if len(draft.vpcs) == 3 and len(draft.peerings) == 2:
        for table in list(draft.tables):
            routes = {
                "vpc0": Route("10.2.0.0/16", "peering", "pcx0"),
                "vpc2": Route("10.0.0.0/16", "peering", "pcx1"),
            }
            new = routes.get(table.vpc)
            if new and new.cidr not in {one.cidr for one in table.routes}:
                longer = replace(table, routes=(*table.routes, new))
                draft.exchange(draft.tables, table, longer)


def leave_a_peering_pending(draft: Draft) -> None:
    """No group of one side refers to the other's then: AWS refuses such a rule."""
    if draft.peerings:
        peering = draft.random.choice(draft.peerings)
        draft.exchange(draft.peerings, peering, replace(peering, accepted=False))
        home = {one.name: one.vpc for one in draft.groups}
        parted = {peering.requester, peering.accepter}
        for group in list(draft.groups):
            rules = tuple(
                rule
                for rule in group.rules
                if not (rule.by_group and {group.vpc, home[rule.peer]} == parted)
            )
            draft.exchange(draft.groups, group, replace(group, rules=rules))


def forget_one_side_of_a_peering(draft: Draft) -> None:
    if draft.peerings:
        peering = draft.random.choice(draft.peerings)
        side = draft.random.choice((peering.requester, peering.accepter))
        for table in [one for one in draft.tables if one.vpc == side]:
            routes = tuple(one for one in table.routes if one.name != peering.name)
            draft.exchange(draft.tables, table, replace(table, routes=routes))


def forget_ephemeral_ports(draft: Draft) -> None:
    if draft.acls:
        acl = draft.random.choice(draft.acls)
        egress = draft.chance(0.5)
        rules = [one for one in acl.rules if not (one.egress == egress and one.number >= 900)]
        for number, ports in ((900, (0, 1023)), (910, (5000, 5019)), (920, (8080, 8099))):
            rules.append(AclRule(number, egress, True, "tcp", EVERYWHERE, ports))
        draft.exchange(draft.acls, acl, replace(acl, rules=tuple(rules)))


def turn_acl_order_around(draft: Draft) -> None:
    if draft.acls:
        acl = draft.random.choice(draft.acls)
        rules = tuple(replace(one, number=1000 - one.number) for one in acl.rules)
        draft.exchange(draft.acls, acl, replace(acl, rules=rules))


def empty_an_acl(draft: Draft) -> None:
    if draft.acls:
        acl = draft.random.choice(draft.acls)
        draft.exchange(draft.acls, acl, replace(acl, rules=()))


def swap_a_table(draft: Draft) -> None:
    subnet = draft.random.choice(draft.subnets)
    tables = [one.name for one in draft.tables if one.vpc == subnet.vpc and not one.main]
    table = draft.random.choice([*tables, None])
    draft.exchange(draft.subnets, subnet, replace(subnet, route_table=table))


FAULTS: tuple[Callable[[Draft], None], ...] = (
    drop_a_route,
    mislead_a_route,
    forget_the_private_subnets,
    try_transitively,
    try_transitively,
    leave_a_peering_pending,
    forget_one_side_of_a_peering,
    forget_ephemeral_ports,
    turn_acl_order_around,
    empty_an_acl,
    swap_a_table,
)
