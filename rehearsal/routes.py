"""Where a stack's packets go: the routes of each subnet, and the connections they lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reachability.stack import Resource, Stack
from rehearsal.network import Peering, RehearsalError, Route
from rehearsal.reading import cidrs, is_true

_TARGETS = ("gateway_id", "nat_gateway_id", "vpc_peering_connection_id", "network_interface_id")
_GATEWAYS = ("aws_internet_gateway", "aws_nat_gateway", "aws_vpc_peering_connection")


def routes(stack: Stack, subnet: Resource, vpc: Resource) -> Iterator[Route]:
    """Of the table that serves a subnet. Raises RehearsalError."""
    table = _table(stack, subnet, vpc)
    if table is None:
        return
    written = [(one, one.values) for one in stack.of("aws_route") if _is_of(stack, one, table)]
    written += [(table, block) for block in table.blocks("route")]
    for resource, values in written:
        keys = ("destination_cidr_block", "cidr_block")
        cidr = next((values[key] for key in keys if values.get(key)), None)
        lists = [values.get("destination_prefix_list_id")]
        if destinations := cidrs(stack, resource, [cidr], lists):
            yield Route(destinations, _target(stack, resource, values))


def peerings(stack: Stack) -> Iterator[Peering]:
    """Every connection between two VPCs of the stack."""
    accepted = [
        stack.target(one, "vpc_peering_connection_id")
        for one in stack.of("aws_vpc_peering_connection_accepter")
        if is_true(stack.value(one, "auto_accept"))
    ]
    for one in stack.of("aws_vpc_peering_connection"):
        ends = [stack.target(one, key) for key in ("vpc_id", "peer_vpc_id")]
        named = [end.address for end in ends if end is not None and end.type == "aws_vpc"]
        active = is_true(stack.value(one, "auto_accept")) or one in accepted
        if len(named) == 2:
            yield Peering(one.address, (named[0], named[1]), active)


def _table(stack: Stack, subnet: Resource, vpc: Resource) -> Resource | None:
    """Amazon VPC User Guide, "Route tables": its own, or else the VPC's main one."""
    for one in stack.of("aws_route_table_association"):
        if stack.target(one, "subnet_id") is subnet:
            return stack.target(one, "route_table_id")
    for one in stack.of("aws_default_route_table"):
        part = stack.attribute(one.values.get("default_route_table_id"))
        if part is not None and stack.at(part.address) is vpc:
            return one
    for one in stack.of("aws_main_route_table_association"):
        if stack.target(one, "vpc_id") is vpc:
            return stack.target(one, "route_table_id")
    return vpc


def _is_of(stack: Stack, route: Resource, table: Resource) -> bool:
    named = route.values.get("route_table_id")
    part = stack.attribute(named)
    if part is not None and part.attribute in ("main_route_table_id", "default_route_table_id"):
        return stack.at(part.address) is table
    return stack.pointed(named) is table


def _target(stack: Stack, resource: Resource, values: Mapping[str, Any]) -> str:
    for key in _TARGETS:
        if not values.get(key):
            continue
        target = stack.pointed(values[key])
        if target is None:
            raise RehearsalError(
                f"{resource.path}: {key} is {values[key]}, which this stack does not have"
            )
        if target.type not in _GATEWAYS:
            raise RehearsalError(
                f"{resource.path}: routes to {target.path}, which is not rehearsed"
            )
        return target.address
    raise RehearsalError(f"{resource.path}: leads to something that is not rehearsed")
