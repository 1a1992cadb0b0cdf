"""IPv6 for a drawn description: by the same seed, and half of them stay as they are."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.reachability.oracle.description import (
    Acl,
    AclRule,
    Description,
    Group,
    GroupRule,
    Instance,
    Protocol,
    Route,
    RouteTable,
    Subnet,
    Via,
    Vpc,
)

EVERYWHERE = "::/0"
_OUTSIDE = (EVERYWHERE, EVERYWHERE, "2a00::/11", "2a00:1450::/32")
_RANGES = ((22, 22), (80, 80), (443, 443), (5000, 8080), (0, 65535))
_PROTOCOLS: tuple[Protocol, ...] = ("tcp", "tcp", "udp", "all")


def with_ipv6(plain: Description) -> Description:
    """The description with IPv6 addresses, routes, rules and egress-only gateways."""
    drawer = _Drawer(Random(f"ipv6 {plain.seed}"))
    if drawer.chance(0.5):
        return plain
    vpcs = tuple(drawer.vpc(number, one) for number, one in enumerate(plain.vpcs))
    found = replace(plain, vpcs=vpcs)
    found = replace(found, subnets=tuple(drawer.subnet(found, one) for one in found.subnets))
    found = replace(found, instances=tuple(drawer.instance(found, one) for one in found.instances))
    return replace(
        found,
        route_tables=tuple(drawer.table(found, one) for one in found.route_tables),
        acls=tuple(drawer.acl(one) for one in found.acls),
        groups=tuple(drawer.group(found, one) for one in found.groups),
    )


class _Drawer:
    def __init__(self, random: Random) -> None:
        self._random = random

    def chance(self, share: float) -> bool:
        return self._random.random() < share

    def vpc(self, number: int, vpc: Vpc) -> Vpc:
        if not self.chance(0.85):
            return vpc
        return replace(vpc, ipv6=f"2600:1f18:0:{number}00::/56", egress_only=self.chance(0.6))

    def subnet(self, found: Description, subnet: Subnet) -> Subnet:
        block = found.vpc(subnet.vpc).ipv6
        if not block or not self.chance(0.85):
            return subnet
        number = int(subnet.cidr.split(".")[2])
        return replace(subnet, ipv6=block.replace("00::/56", f"{number:02x}::/64"))

    def instance(self, found: Description, instance: Instance) -> Instance:
        block = found.subnet(instance.subnet).ipv6
        if not block or not self.chance(0.85):
            return instance
        return replace(instance, ipv6=block.replace("/64", instance.address.split(".")[3]))

    def table(self, found: Description, table: RouteTable) -> RouteTable:
        vpc = found.vpc(table.vpc)
        if not vpc.ipv6:
            return table
        routes = []
        outward = [one for one, has in _doors(vpc, table) if has and self.chance(0.8)]
        if outward:
            routes.append(Route(EVERYWHERE, outward[0]))
        for peering in found.peerings:
            ends = {peering.requester, peering.accepter}
            peer = found.vpc((ends - {vpc.name}).pop()) if vpc.name in ends else None
            if peer is not None and peer.ipv6 and self.chance(0.8):
                routes.append(Route(peer.ipv6, "peering", peering.name))
        if vpc.internet_gateway and self.chance(0.15):
            routes.append(Route("2a00:1450::/32", "igw"))
        return replace(table, routes=(*table.routes, *routes))

    def acl(self, acl: Acl) -> Acl:
        rules = [rule for egress in (False, True) for rule in self._acl_side(egress)]
        return replace(acl, rules=(*acl.rules, *rules))

    def _acl_side(self, egress: bool) -> list[AclRule]:
        rules = []
        for number in range(305, 305 + 10 * self._random.randint(0, 2), 10):
            ports, cidr = self._random.choice(_RANGES[:3]), self._random.choice(_OUTSIDE)
            rules.append(AclRule(number, egress, self.chance(0.4), "tcp", cidr, ports))
        if self.chance(0.7):
            return [*rules, AclRule(955, egress, True, "all", EVERYWHERE)]
        return [*rules, AclRule(955, egress, True, "tcp", EVERYWHERE, (1024, 65535))]

    def group(self, found: Description, group: Group) -> Group:
        rules = [self._rule(found, egress=False) for _ in range(self._random.randint(0, 2))]
        if self.chance(0.6):
            rules.append(GroupRule(True, "all", EVERYWHERE))
        else:
            rules.append(self._rule(found, egress=True))
        return replace(group, rules=tuple(dict.fromkeys((*group.rules, *rules))))

    def _rule(self, found: Description, *, egress: bool) -> GroupRule:
        protocol = self._random.choice(_PROTOCOLS)
        ports = (0, 65535) if protocol == "all" else self._random.choice(_RANGES)
        inside = [one.ipv6 for one in found.vpcs if one.ipv6]
        inside += [one.ipv6 for one in found.subnets if one.ipv6]
        inside += [f"{one.ipv6}/128" for one in found.instances if one.ipv6]
        near = self._random.choice((_OUTSIDE, inside or _OUTSIDE))
        return GroupRule(egress, protocol, self._random.choice(near), ports)


def _doors(vpc: Vpc, table: RouteTable) -> list[tuple[Via, bool]]:
    """Ways out for a table, the likeliest first."""
    doors: list[tuple[Via, bool]] = [
        ("igw", vpc.internet_gateway),
        ("egress-only", vpc.egress_only),
    ]
    return doors if table.name.endswith("-public") else doors[::-1]
