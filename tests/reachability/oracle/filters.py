"""The nftables rules of routers and gateways. Every drop is counted under its cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.reachability.oracle.description import (
    Acl,
    Description,
    Group,
    GroupRule,
    Instance,
    Protocol,
    Subnet,
    Vpc,
)
from tests.reachability.oracle.nft import chain, family_of, forward_chain, map_of, set_of, table


def devices(description: Description, subnet: Subnet) -> list[str]:
    """The router's devices that stand for network interfaces in the subnet."""
    return [one.name for one in description.interfaces if one.subnet == subnet.name]


def router(description: Description, vpc: Vpc, *, nat_to_peering: bool) -> str:
    """A VPC's router: ACLs at the subnets' edges, security groups at the instances.

    `nat_to_peering`: whether what comes from a NAT gateway may leave by a peering.
    """
    subnets = [one for one in description.subnets if one.vpc == vpc.name]
    instances = description.instances_in(vpc.name)
    chains: list[str] = []
    forward = [
        'oifname "nowhere" ct direction reply counter name no_return_route drop',
        f'oifname "nowhere" iifname != {_own(description, vpc)} counter name not_transitive drop',
        'oifname "nowhere" counter name no_route drop',
        'oifname "pending" counter name peering_pending drop',
        "ct state invalid drop",
    ]
    peerings = set_of(one.name for one in description.peerings if one.accepted)
    for gateway in description.nat_gateways:
        device = f'iifname "{gateway.name}" oifname'
        forward.append(f'{device} "{gateway.name}" counter name no_route drop')
        if peerings and not nat_to_peering:
            forward.append(f"{device} {peerings} counter name nat_to_peering drop")
    for subnet in subnets:
        acl = next((one for one in description.acls if one.name == subnet.acl), None)
        inside = set_of(devices(description, subnet))
        if acl is None or not inside:
            continue
        # "Control subnet traffic with network access control lists": only what crosses the
        # subnet's edge is looked at, and every packet anew.
        forward.append(f"iifname {inside} oifname != {inside} jump {subnet.name}-out")
        forward.append(f"oifname {inside} iifname != {inside} jump {subnet.name}-in")
        chains += [
            chain(f"{subnet.name}-out", _acl(acl, egress=True)),
            chain(f"{subnet.name}-in", _acl(acl, egress=False)),
        ]
    # "Amazon EC2 security group connection tracking": answers pass whatever the rules say.
    forward.append("ct state established accept")
    for instance in instances:
        name = instance.name
        forward.append(f'iifname "{name}" jump {name}-out')
        forward.append(f'oifname "{name}" jump {name}-in')
        chains += [
            chain(f"{name}-out", _security_groups(description, instance, egress=True)),
            chain(f"{name}-in", _security_groups(description, instance, egress=False)),
        ]
    forward.append("accept")
    return table(*chains, forward_chain(forward), family="inet")


def internet_gateway(public: Mapping[str, str]) -> str:
    """One-to-one NAT between private (keys) and public addresses (values); the rest is dropped."""
    if not public:
        return table(forward_chain(["counter name no_public_address drop"]))
    inward = {theirs: ours for ours, theirs in public.items()}
    arrives = f'iifname "outside" dnat to ip daddr map {map_of(inward)}'
    leaves = f'oifname "outside" snat to ip saddr map {map_of(public)}'
    return table(
        chain("prerouting", [arrives], "nat", "dstnat"),
        chain("postrouting", [leaves], "nat", "srcnat"),
        forward_chain(
            [
                "ct state invalid drop",
                'iifname "outside" oifname "inside" accept',
                f'iifname "inside" oifname "outside" ip saddr {set_of(public)} accept',
                "counter name no_public_address drop",
            ]
        ),
    )


def ipv6_gateways(vpc: Vpc) -> str:
    """ "Enable outbound IPv6 traffic using an egress-only internet gateway": nobody may call in,
    and no answer leaves by it. An internet gateway forwards both ways, without NAT.
    """
    forward = ["ct state invalid drop"]
    forward.append('iifname "only" ct direction reply counter name egress_only drop')
    if not vpc.internet_gateway:
        forward.append('iifname "outside" ct state new counter name egress_only drop')
    return "\n" + table(forward_chain([*forward, "accept"]), family="ip6")


def nat_gateway(vpc: Vpc) -> str:
    """ "NAT gateways": the VPC's own hosts may call out; nobody may call in."""
    return table(
        chain("postrouting", [f"ip saddr {vpc.cidr} masquerade"], "nat", "srcnat"),
        forward_chain(
            [
                "ct state invalid counter name unsolicited_at_nat drop",
                f"ip saddr {vpc.cidr} accept",
                "ct state established accept",
            ]
        ),
        chain("input", ["counter name unsolicited_at_nat drop"], "filter", "filter"),
    )


def _acl(acl: Acl, *, egress: bool) -> Iterator[str]:
    """ "Network ACL rules": lowest number first, the first match decides, the rest is denied."""
    cause = "acl_egress" if egress else "acl_ingress"
    drop = [
        "ct direction reply counter name acl_return drop",
        f"counter name {cause} drop",
    ]
    side = "daddr" if egress else "saddr"
    for rule in sorted(acl.rules, key=lambda one: one.number):
        if rule.egress == egress:
            service = _service(rule.protocol, rule.ports)
            match = f"{family_of(rule.cidr)} {side} {rule.cidr} {service}"
            yield from [f"{match} return"] if rule.allow else [f"{match} {one}" for one in drop]
    yield from drop


def _security_groups(
    description: Description, instance: Instance, *, egress: bool
) -> Iterator[str]:
    """ "Security group rules": allow rules only, of all the groups together."""
    side = "daddr" if egress else "saddr"
    for group, rule in _rules(description, instance):
        for family, peers in _peers(description, group, rule) if rule.egress == egress else ():
            yield f"{family} {side} {peers} {_service(rule.protocol, rule.ports)} return"
    yield f"counter name {'group_egress' if egress else 'group_ingress'} drop"


def _rules(description: Description, instance: Instance) -> Iterator[tuple[Group, GroupRule]]:
    vpc = description.subnet(instance.subnet).vpc
    groups = [one for one in description.groups if one.name in instance.groups]
    if not instance.groups:
        # "Default security groups for your VPCs".
        everyone = (GroupRule(True, "all", one) for one in ("0.0.0.0/0", "::/0"))
        groups = [Group("default", vpc, (GroupRule(False, "all", "default"), *everyone))]
    for group in groups:
        for rule in group.rules:
            yield group, rule


def _peers(description: Description, group: Group, rule: GroupRule) -> Iterator[tuple[str, str]]:
    """A group stands for the private addresses of its members ("Security group referencing").

    By family.
    """
    if not rule.by_group:
        yield family_of(rule.peer), rule.peer
        return
    members = [one for one in description.instances if rule.peer in one.groups]
    if rule.peer == "default":
        members = [one for one in description.instances_in(group.vpc) if not one.groups]
    for family in ("ip", "ip6"):
        own = [each for one in members for each in one.addresses if family_of(each) == family]
        if own:
            yield family, set_of(own)


def _service(protocol: Protocol, ports: tuple[int, int]) -> str:
    return "" if protocol == "all" else f"meta l4proto {protocol} th dport {ports[0]}-{ports[1]}"


def _own(description: Description, vpc: Vpc) -> str:
    own = [
        device
        for subnet in description.subnets
        if subnet.vpc == vpc.name
        for device in devices(description, subnet)
    ]
    return set_of(own) or '"none"'
