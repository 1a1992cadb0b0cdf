"""Routes, wherever they are written, and which of them lead to the internet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reachability.network import ROUTE_TABLE_TYPES, route_table, tables_of
from reachability.stack import Reference, Resource, Stack, Unknown

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
