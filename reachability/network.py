"""Subnets, their route tables and where the routes lead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reachability.intervals import Addresses
from reachability.stack import Reference, Resource, Stack, Unknown

VPC_TYPES = ("aws_vpc", "aws_default_vpc")
SUBNET_TYPES = ("aws_subnet", "aws_default_subnet")
ROUTE_TABLE_TYPES = ("aws_route_table", "aws_default_route_table")

# The arguments that name a route's target, in aws_route and in an inline `route` block alike.
_TARGETS = (
    "gateway_id",
    "nat_gateway_id",
    "vpc_peering_connection_id",
    "egress_only_gateway_id",
    "network_interface_id",
    "transit_gateway_id",
    "vpc_endpoint_id",
    "carrier_gateway_id",
    "local_gateway_id",
    "core_network_arn",
)
_DESTINATIONS = (
    "destination_cidr_block",
    "destination_ipv6_cidr_block",
    "cidr_block",
    "ipv6_cidr_block",
)
_DESTINATION_LISTS = ("destination_prefix_list_id",)


@dataclass(frozen=True)
class Route:
    """One route. `resource` is where it is written: an aws_route, or the table it is inside of."""

    resource: Resource
    table: Resource | None
    destination: Any
    kind: str
    target: Any


@lru_cache(maxsize=16)
def routes(stack: Stack) -> tuple[Route, ...]:
    """Every route of the stack, standalone and inline."""
    return tuple(_all_routes(stack))


def _all_routes(stack: Stack) -> Iterator[Route]:
    for resource in stack.of("aws_route"):
        yield from _routes(stack, resource, route_table(stack, resource), [resource.values])
    for table in stack.of(*ROUTE_TABLE_TYPES):
        yield from _routes(stack, table, table, table.blocks("route"))


def _routes(stack: Stack, where: Resource, table: Resource | None, written: Any) -> Iterator[Route]:
    for block in written:
        for key in (*_DESTINATIONS, *_DESTINATION_LISTS):
            if block.get(key):
                for kind in _TARGETS:
                    if block.get(kind):
                        destination = stack.resolve(block[key])
                        yield Route(where, table, destination, kind, block[kind])


def route_table(stack: Stack, resource: Resource) -> Resource | None:
    """The table under `route_table_id`; a VPC stands for its own main route table."""
    named = resource.values.get("route_table_id")
    found = stack.pointed(named)
    return found if found is not None else _main_table(stack, named)


def _main_table(stack: Stack, named: Any) -> Resource | None:
    part = stack.attribute(named)
    if part is None or part.attribute not in ("main_route_table_id", "default_route_table_id"):
        return None
    vpc = stack.at(part.address)
    return None if vpc is None else main_table_of(stack, vpc)


def main_table_of(stack: Stack, vpc: Resource) -> Resource:
    """The VPC's main route table: one that is managed, or the VPC itself in its place."""
    for association in stack.of("aws_main_route_table_association"):
        if stack.target(association, "vpc_id") is vpc:
            return stack.target(association, "route_table_id") or vpc
    for table in stack.of("aws_default_route_table"):
        part = stack.attribute(table.values.get("default_route_table_id"))
        if part is not None and stack.at(part.address) is vpc:
            return table
    return vpc


def table_of(stack: Stack, subnet: Resource) -> Resource | None:
    """The route table that serves a subnet: the associated one, else its VPC's main table.

    None when neither can be told. (Amazon VPC User Guide: "Subnet route tables".)
    """
    return tables_of(stack, subnet)[0]


@lru_cache(maxsize=4096)
def tables_of(stack: Stack, subnet: Resource) -> tuple[Resource | None, ...]:
    """As `table_of`, but every associated table: AWS keeps one, and nothing tells which."""
    if associated := associations_of(stack, subnet):
        return tuple(route_table(stack, one) for one in associated)
    vpc = vpc_of(stack, subnet)
    return (None if vpc is None else main_table_of(stack, vpc),)


def associations_of(stack: Stack, subnet: Resource) -> list[Resource]:
    """The associations of a subnet with route tables; AWS allows one."""
    return [
        association
        for association in stack.of("aws_route_table_association")
        if subnet in stack.targets(association, "subnet_id")
    ]


def vpc_of(stack: Stack, resource: Resource | None) -> Resource | None:
    """The VPC that a subnet, route table, group or gateway belongs to."""
    if resource is None or resource.type in VPC_TYPES:
        return resource
    found = stack.target(resource, "vpc_id")
    if found is not None or resource.values.get("vpc_id") is not None:
        return found
    part = stack.attribute(resource.values.get("default_route_table_id"))
    if part is not None and part.address != resource.address:
        return stack.at(part.address)
    if resource.values.get("subnet_id") is not None:
        return vpc_of(stack, stack.target(resource, "subnet_id"))
    attached = (
        stack.target(one, "vpc_id")
        for one in stack.of("aws_internet_gateway_attachment")
        if stack.target(one, "internet_gateway_id") is resource
    )
    return next(attached, None)


def internet_routes(stack: Stack, subnet: Resource) -> list[Route]:
    """The routes from a subnet straight to an internet gateway: with one, the subnet is public.

    (Amazon VPC User Guide: "Subnet types". An egress-only gateway lets nothing in.)
    """
    return [route for route in routes_of(stack, subnet) if is_internet_gateway(stack, route)]


def routes_of(stack: Stack, subnet: Resource) -> list[Route]:
    """The routes of the table that serves a subnet, or of every one that may."""
    tables = tables_of(stack, subnet)
    return [route for route in routes(stack) if route.table is not None and route.table in tables]


def is_internet_gateway(stack: Stack, route: Route) -> bool:
    """Whether a route leads to an internet gateway, or may do so for all that can be told.

    A carrier gateway is that of a Wavelength Zone.
    """
    if route.kind == "carrier_gateway_id":
        return True
    if route.kind != "gateway_id":
        return False
    target = stack.pointed(route.target)
    if target is not None:
        return target.type == "aws_internet_gateway"
    if isinstance(route.target, str):
        return route.target.startswith("igw-")
    if isinstance(route.target, Reference):
        return "aws_internet_gateway." in route.target.address
    return isinstance(route.target, Unknown)


def hop_of(stack: Stack, route: Route) -> Resource | None:
    """The subnet in which the machine stands that a route hands its packets to.

    None if the route leads to no machine, or to one that cannot be told.
    """
    if route.kind != "network_interface_id":
        return None
    machine = stack.pointed(route.target)
    if machine is None and (part := stack.attribute(route.target)) is not None:
        machine = stack.at(part.address)
    return None if machine is None else stack.target(machine, "subnet_id")


def cidrs_of(stack: Stack, vpc: Resource) -> Addresses | None:
    """All addresses of a VPC, or None when one of its CIDRs is not known."""
    written = [vpc.values.get("cidr_block"), vpc.values.get("ipv6_cidr_block")]
    for more in stack.of(
        "aws_vpc_ipv4_cidr_block_association", "aws_vpc_ipv6_cidr_block_association"
    ):
        if stack.target(more, "vpc_id") is vpc:
            written += [more.values.get("cidr_block"), more.values.get("ipv6_cidr_block")]
    known = [stack.resolve(one) for one in written if one]
    if not known or not all(isinstance(one, str) for one in known):
        return None
    return addresses(known)


def addresses(cidrs: list[Any]) -> Addresses | None:
    """The addresses of literal CIDRs, or None when one of them is not known or is no CIDR."""
    try:
        return Addresses.of(*cidrs) if all(isinstance(one, str) for one in cidrs) else None
    except ValueError:
        return None


def single_address(value: Any) -> int | None:
    """A single known IPv4 address as a number."""
    found = addresses([value]) if isinstance(value, str) and value else None
    return found.ipv4.pairs[0][0] if found is not None and found.ipv4.size == 1 else None
