"""A description under construction."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from tests.reachability.oracle.description import (
    Acl,
    Group,
    Instance,
    NatGateway,
    Peering,
    RouteTable,
    Subnet,
    Vpc,
)

Item = TypeVar("Item")

EVERYWHERE = "0.0.0.0/0"


@dataclass
class Draft:
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

    def exchange(self, items: list[Item], old: Item, new: Item) -> None:
        items[items.index(old)] = new

    def subnets_of(self, vpc: str) -> list[Subnet]:
        return [one for one in self.subnets if one.vpc == vpc]

    def peers_of(self, vpc: str) -> list[tuple[Peering, Vpc]]:
        """The VPC's peerings, each with the VPC on the other side."""
        by_name = {one.name: one for one in self.vpcs}
        ends = [(one, {one.requester, one.accepter}) for one in self.peerings]
        return [(one, by_name[(pair - {vpc}).pop()]) for one, pair in ends if vpc in pair]
