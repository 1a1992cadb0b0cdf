"""Descriptions drawn by seed: a sound network first, then a few faults that people really make."""

from __future__ import annotations

from dataclasses import replace
from random import Random

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
from tests.reachability.oracle.draft import EVERYWHERE, Draft
from tests.reachability.oracle.faults import FAULTS
from tests.reachability.oracle.ipv6 import with_ipv6

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


def draw(seed: int) -> Description:
    """The description of this seed: the same on every machine, for ever."""
    draft = Draft(Random(seed))
    _draw_vpcs(draft)
    _draw_subnets(draft)
    _draw_tables(draft)
    _draw_acls(draft)
    _draw_groups(draft)
    _draw_instances(draft)
    _draw_rules(draft)
    for fault in draft.random.choices(FAULTS, k=draft.random.choice((0, 1, 1, 2, 3))):
        fault(draft)
    plain = Description(
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
    return with_ipv6(plain)


def _draw_vpcs(draft: Draft) -> None:
    for number in range(draft.random.choice((1, 2, 2, 3, 3))):
        draft.vpcs.append(Vpc(f"vpc{number}", f"10.{number}.0.0/16", draft.chance(0.85)))
    for number, accepter in enumerate(draft.vpcs[1:]):
        requester = draft.vpcs[number]
        ends = (requester.name, accepter.name)
        draft.peerings.append(Peering(f"pcx{number}", *ends, True, draft.chance(0.3)))
    if len(draft.vpcs) == 3 and draft.chance(0.4):
        draft.peerings.append(Peering("pcx2", "vpc0", "vpc2", True))


def _draw_subnets(draft: Draft) -> None:
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


def _draw_tables(draft: Draft) -> None:
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
            draft.tables.append(
                RouteTable(f"{vpc.name}-{kind}", vpc.name, main, routes, draft.chance(0.3))
            )


def _draw_acls(draft: Draft) -> None:
    for subnet in list(draft.subnets):
        if draft.chance(0.45):
            name = f"acl-{subnet.name}"
            rules = (*_acl_side(draft, egress=False), *_acl_side(draft, egress=True))
            draft.acls.append(Acl(name, subnet.vpc, rules, inline=draft.chance(0.5)))
            draft.exchange(draft.subnets, subnet, replace(subnet, acl=name))


def _acl_side(draft: Draft, *, egress: bool) -> list[AclRule]:
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


def _draw_groups(draft: Draft) -> None:
    for vpc in draft.vpcs:
        for number in range(draft.random.choice((1, 2, 2, 3))):
            draft.groups.append(
                Group(f"{vpc.name}-g{number}", vpc.name, (), draft.random.choice(_FORMS))
            )


def _draw_instances(draft: Draft) -> None:
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


def _draw_rules(draft: Draft) -> None:
    for group in list(draft.groups):
        rules = [_group_rule(draft, group, egress=False) for _ in range(draft.random.randint(1, 5))]
        if draft.chance(0.65):
            rules.append(GroupRule(True, "all", EVERYWHERE))
        else:
            rules += [_group_rule(draft, group, egress=True) for _ in range(3)]
        unique = tuple(dict.fromkeys(rules))
        draft.exchange(draft.groups, group, replace(group, rules=unique))


def _group_rule(draft: Draft, group: Group, *, egress: bool) -> GroupRule:
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
