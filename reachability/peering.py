"""VPC peering connections: between whom, active or not, and within one region or not.

Amazon VPC Peering Guide, "How VPC peering connections work" and "Limitations".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reachability.network import SUBNET_TYPES, cidrs_of
from reachability.ports import ALL, MAYBE, NONE, Ports
from reachability.stack import Reference, Resource, Stack, Unknown, is_false


@dataclass(frozen=True, eq=False)
class Peering:
    """`active` passes all ports, none, or all perhaps; `why` says why not all.

    `shares_groups` likewise: whether security groups of one side may be named on the other.
    """

    resource: Resource
    vpcs: tuple[Resource, Resource]
    active: Ports
    why: str
    shares_groups: Ports

    def joins(self, one: Resource, other: Resource) -> bool:
        return self.vpcs in ((one, other), (other, one))


def peerings(stack: Stack) -> Iterator[Peering]:
    """Every connection of which both VPCs are in the stack."""
    found = [one for one in stack.resources.values() if one.type == "aws_vpc_peering_connection"]
    for resource in found:
        one, other = (stack.target(resource, key) for key in ("vpc_id", "peer_vpc_id"))
        if one is not None and other is not None:
            active, why = _state(stack, resource, one, other)
            yield Peering(resource, (one, other), active, why, _shares(stack, resource, one))


def _state(stack: Stack, resource: Resource, one: Resource, other: Resource) -> tuple[Ports, str]:
    ranges = [cidrs_of(stack, vpc) for vpc in (one, other)]
    if ranges[0] and ranges[1] and ranges[0] & ranges[1]:
        return NONE, f"{stack.label(resource)} joins overlapping ranges, which AWS refuses"
    if stack.value(resource, "accept_status") == "active":
        return ALL, ""
    accepted = [stack.value(resource, "auto_accept")]
    accepted += [
        stack.value(accepter, "auto_accept")
        for accepter in stack.of("aws_vpc_peering_connection_accepter")
        if stack.target(accepter, "vpc_peering_connection_id") is resource
    ]
    if any(_is_unknown(value) for value in accepted) or resource.is_data:
        return MAYBE, f"whether {stack.label(resource)} is accepted is known after apply"
    if all(is_false(value) for value in accepted):
        return NONE, f"{stack.label(resource)} is not accepted"
    return ALL, ""


def _shares(stack: Stack, resource: Resource, one: Resource) -> Ports:
    """VPC Peering Guide, "Update your security groups to reference peer security groups"."""
    named = stack.value(resource, "peer_region")
    if named in (None, ""):
        return ALL
    own = _region(stack, one)
    if own is None or not isinstance(named, str):
        return MAYBE
    return ALL if named == own else NONE


def _region(stack: Stack, vpc: Resource) -> str | None:
    region = stack.value(vpc, "region")
    if isinstance(region, str):
        return region
    for subnet in stack.of(*SUBNET_TYPES):
        zone = stack.value(subnet, "availability_zone")
        if stack.target(subnet, "vpc_id") is vpc and isinstance(zone, str):
            return zone.rstrip("abcdefghijklmnopqrstuvwxyz")
    return None


def _is_unknown(value: Any) -> bool:
    return isinstance(value, Unknown | Reference)
