"""Descriptions drawn by seed: a sound network first, then a few faults that people really make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import TypeVar

from tests.reachability.oracle.description import (
    Acl,
    AclRule,
    Description,
    Form,
    Group,
    GroupRule,
    Instance,
    NatGateway,
    Peering,
    Protocol,
    Public,
    Route,
    RouteTable,
    Subnet,
    Vpc,
)

EVERYWHERE = "0.0.0.0/0"
EPHEMERAL = (1024, 65535)
"""The range that reaches every kind of client ("Custom network ACLs for your VPC")."""

_OUTSIDE = (EVERYWHERE, EVERYWHERE, "0.0.0.0/1", "203.0.113.0/24", "198.51.100.7/32")
_RANGES = (
    (22, 22),
    (80, 80),
    (443, 443),
    (5000, 5000),
    (8080, 8080),
    (80, 443),
    (81, 443),
    (22, 79),
    (5000, 8080),
    (5001, 9000),
    (1024, 65535),
    (0, 65535),
)
# Ranges above 1023 decide over answers too; each is wide enough for a port per client.
_ACL_RANGES = (
    (22, 22),
    (80, 80),
    (443, 443),
    (80, 443),
    (22, 79),
    (5000, 5019),
    (8080, 8099),
    (5020, 9000),
)
_MOST_INSTANCES = 8
_PROTOCOLS: tuple[Protocol, ...] = ("tcp", "tcp", "tcp", "udp", "all")

_FORMS: tuple[Form, ...] = ("standalone", "standalone", "inline", "legacy")

_T = TypeVar("_T")


@dataclass
class _Draft:
    """A description under construction: tables, rules and members may still be exchanged."""

    random: Random
    vpcs: list[Vpc] = field(default_factory=list)
    tables: list[RouteTable] = field(default_factory=list)
    acls: list[Acl] = field(default_factory=list)
    subnets: list[Subnet] = field(default_factory=list)
    nat_gateways: list[NatGateway] = field(default_factory=list)
    peerings: list[Peering] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    instances: list[Instance] = field(default_factory=list)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def exchange(self, items: list[_T], old: _T, new: _T) -> None:
        items[items.index(old)] = new

    def subnets_of(self, vpc: str) -> list[Subnet]:
        return [one for one in self.subnets if one.vpc == vpc]

    def peers_of(self, vpc: str) -> list[tuple[Peering, Vpc]]:
        """The VPC's peerings, each with the VPC on the other side."""
        by_name = {one.name: one for one in self.vpcs}
        ends = [(one, {one.requester, one.accepter}) for one in self.peerings]
        return [(one, by_name[(pair - {vpc}).pop()]) for one, pair in ends if vpc in pair]


def draw(seed: int) -> Description:
    """The description of this seed: the same on every machine, for ever."""
    draft = _Draft(Random(seed))
    _draw_vpcs(draft)
    _draw_subnets(draft)
    _draw_tables(draft)
    _draw_acls(draft)
    _draw_groups(draft)
    _draw_instances(draft)
    _draw_rules(draft)
    for fault in draft.random.choices(_FAULTS, k=draft.random.choice((0, 1, 1, 2, 3))):
        fault(draft)
    return Description(
        seed,
        tuple(draft.vpcs),
        tuple(draft.tables),
        tuple(draft.acls),
        tuple(draft.subnets),
        tuple(draft.nat_gateways),
        tuple(draft.peerings),
        tuple(draft.groups),
        tuple(draft.instances),
    )


def _draw_vpcs(draft: _Draft) -> None:
    for number in range(draft.random.choice((1, 2, 2, 3, 3))):
        draft.vpcs.append(Vpc(f"vpc{number}", f"10.{number}.0.0/16", draft.chance(0.85)))
    for number, accepter in enumerate(draft.vpcs[1:]):
        requester = draft.vpcs[number]
        draft.peerings.append(Peering(f"pcx{number}", requester.name, accepter.name, True))
    if len(draft.vpcs) == 3 and draft.chance(0.4):
        draft.peerings.append(Peering("pcx2", "vpc0", "vpc2", True))


def _draw_subnets(draft: _Draft) -> None:
    for vpc in draft.vpcs:
        prefix = vpc.cidr.removesuffix(".0.0/16")
        for number in range(draft.random.choice((1, 2, 2, 3))):
            name = f"{vpc.name}-s{number}"
            public = vpc.internet_gateway and (number == 0 or draft.chance(0.2))
            table = f"{vpc.name}-{'public' if public else 'private'}"
            assigns = public and draft.chance(0.75)
            cidr = f"{prefix}.{number + 1}.0/24"
            draft.subnets.append(Subnet(name, vpc.name, cidr, table, None, assigns))
        if vpc.internet_gateway and draft.chance(0.7):
            home = draft.subnets_of(vpc.name)[0]
            draft.nat_gateways.append(NatGateway(f"nat-{vpc.name}", home.name, f"{prefix}.1.4"))


def _draw_tables(draft: _Draft) -> None:
    for vpc in draft.vpcs:
        peers = [
            Route(peer.cidr, "peering", peering.name)
            for peering, peer in draft.peers_of(vpc.name)
            if draft.chance(0.9)
        ]
        nat = [
            Route(EVERYWHERE, "nat", one.name)
            for one in draft.nat_gateways
            if one.name == f"nat-{vpc.name}"
        ]
        public = [Route(EVERYWHERE, "igw")] if vpc.internet_gateway else []
        main_is_private = draft.chance(0.3)
        for kind, outward in (("public", public), ("private", nat)):
            main = kind == "private" and main_is_private
            routes = (*outward, *peers)
            draft.tables.append(RouteTable(f"{vpc.name}-{kind}", vpc.name, main, routes))


def _draw_acls(draft: _Draft) -> None:
    for subnet in list(draft.subnets):
        if draft.chance(0.45):
            name = f"acl-{subnet.name}"
            rules = (*_acl_side(draft, egress=False), *_acl_side(draft, egress=True))
            draft.acls.append(Acl(name, subnet.vpc, rules, inline=draft.chance(0.5)))
            draft.exchange(draft.subnets, subnet, replace(subnet, acl=name))


def _acl_side(draft: _Draft, *, egress: bool) -> list[AclRule]:
    rules = []
    for number in range(100, 100 + 10 * draft.random.randint(0, 3), 10):
        protocol, ports = draft.random.choice(_PROTOCOLS), draft.random.choice(_ACL_RANGES)
        cidr = draft.random.choice((*_OUTSIDE, *(one.cidr for one in draft.subnets)))
        if protocol == "all" or draft.chance(0.4):
            allow = draft.chance(0.5) and protocol != "all"
            cidr = cidr if allow or cidr != EVERYWHERE else "203.0.113.0/24"
        else:
            allow = True
        where = (0, 65535) if protocol == "all" else ports
        rules.append(AclRule(number, egress, allow, protocol, cidr, where))
    if draft.chance(0.5):
        rules.append(AclRule(900, egress, True, "all", EVERYWHERE))
    else:
        rules.append(AclRule(900, egress, True, "tcp", EVERYWHERE, EPHEMERAL))
        rules.append(AclRule(910, egress, True, "udp", EVERYWHERE, EPHEMERAL))
    return rules


def _draw_groups(draft: _Draft) -> None:
    for vpc in draft.vpcs:
        for number in range(draft.random.choice((1, 2, 2, 3))):
            draft.groups.append(
                Group(f"{vpc.name}-g{number}", vpc.name, (), draft.random.choice(_FORMS))
            )


def _draw_instances(draft: _Draft) -> None:
    for subnet in draft.subnets:
        gateway = any(one.name == subnet.vpc and one.internet_gateway for one in draft.vpcs)
        groups = [one.name for one in draft.groups if one.vpc == subnet.vpc]
        for _ in range(draft.random.choice((1, 1, 2))):
            number = len(draft.instances)
            if number == _MOST_INSTANCES:
                return
            joined = draft.random.sample(groups, min(len(groups), draft.random.choice((1, 1, 2))))
            if draft.chance(0.07):
                joined = []
            wishes: tuple[Public, ...] = (
                "subnet",
                "subnet",
                "subnet",
                "no",
                "yes",
                "elastic",
                "elastic",
            )
            public: Public = draft.random.choice(wishes) if gateway else "subnet"
            address = subnet.cidr.replace(".0/24", f".{10 + number}")
            instance = Instance(f"i{number}", subnet.name, address, tuple(joined), public)
            draft.instances.append(instance)


def _draw_rules(draft: _Draft) -> None:
    for group in list(draft.groups):
        rules = [_group_rule(draft, group, egress=False) for _ in range(draft.random.randint(1, 5))]
        if draft.chance(0.65):
            rules.append(GroupRule(True, "all", EVERYWHERE))
        else:
            rules += [_group_rule(draft, group, egress=True) for _ in range(3)]
        unique = tuple(dict.fromkeys(rules))
        draft.exchange(draft.groups, group, replace(group, rules=unique))


def _group_rule(draft: _Draft, group: Group, *, egress: bool) -> GroupRule:
    protocol = draft.random.choice(_PROTOCOLS)
    ports = (0, 65535) if protocol == "all" else draft.random.choice(_RANGES)
    near = {group.vpc, *(peer.name for _, peer in draft.peers_of(group.vpc))}
    groups = [one.name for one in draft.groups if one.vpc in near]
    networks = [
        *(one.cidr for one in draft.vpcs if one.name in near),
        *(one.cidr for one in draft.subnets if one.vpc in near),
    ]
    hosts = [f"{one.address}/32" for one in draft.instances]
    peer = draft.random.choice(draft.random.choice((_OUTSIDE, groups, networks, hosts)))
    return GroupRule(egress, protocol, peer, ports)


def _drop_a_route(draft: _Draft) -> None:
    if tables := [one for one in draft.tables if one.routes]:
        table = draft.random.choice(tables)
        lost = draft.random.choice(table.routes)
        routes = tuple(one for one in table.routes if one != lost)
        draft.exchange(draft.tables, table, replace(table, routes=routes))


def _mislead_a_route(draft: _Draft) -> None:
    """A more specific route goes where no return is."""
    if tables := [one for one in draft.tables if one.routes]:
        table = draft.random.choice(tables)
        elsewhere = draft.random.choice(table.routes)
        others = [one.cidr for one in draft.subnets if one.vpc != table.vpc]
        cidr = draft.random.choice([*others, "203.0.113.0/24", "198.51.100.0/25"])
        if cidr not in {one.cidr for one in table.routes}:
            routes = (*table.routes, replace(elsewhere, cidr=cidr))
            draft.exchange(draft.tables, table, replace(table, routes=routes))


def _try_transitively(draft: _Draft) -> None:
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


def _leave_a_peering_pending(draft: _Draft) -> None:
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


def _forget_one_side_of_a_peering(draft: _Draft) -> None:
    if draft.peerings:
        peering = draft.random.choice(draft.peerings)
        side = draft.random.choice((peering.requester, peering.accepter))
        for table in [one for one in draft.tables if one.vpc == side]:
            routes = tuple(one for one in table.routes if one.name != peering.name)
            draft.exchange(draft.tables, table, replace(table, routes=routes))


def _forget_ephemeral_ports(draft: _Draft) -> None:
    if draft.acls:
        acl = draft.random.choice(draft.acls)
        egress = draft.chance(0.5)
        rules = [one for one in acl.rules if not (one.egress == egress and one.number >= 900)]
        for number, ports in ((900, (0, 1023)), (910, (5000, 5019)), (920, (8080, 8099))):
            rules.append(AclRule(number, egress, True, "tcp", EVERYWHERE, ports))
        draft.exchange(draft.acls, acl, replace(acl, rules=tuple(rules)))


def _turn_acl_order_around(draft: _Draft) -> None:
    if draft.acls:
        acl = draft.random.choice(draft.acls)
        rules = tuple(replace(one, number=1000 - one.number) for one in acl.rules)
        draft.exchange(draft.acls, acl, replace(acl, rules=rules))


def _empty_an_acl(draft: _Draft) -> None:
    if draft.acls:
        acl = draft.random.choice(draft.acls)
        draft.exchange(draft.acls, acl, replace(acl, rules=()))


def _swap_a_table(draft: _Draft) -> None:
    subnet = draft.random.choice(draft.subnets)
    tables = [one.name for one in draft.tables if one.vpc == subnet.vpc and not one.main]
    table = draft.random.choice([*tables, None])
    draft.exchange(draft.subnets, subnet, replace(subnet, route_table=table))


_FAULTS: tuple[Callable[[_Draft], None], ...] = (
    _drop_a_route,
    _mislead_a_route,
    _try_transitively,
    _leave_a_peering_pending,
    _forget_one_side_of_a_peering,
    _forget_ephemeral_ports,
    _turn_acl_order_around,
    _empty_an_acl,
    _swap_a_table,
)
