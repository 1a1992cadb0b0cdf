"""VPCs, their subnets, and which route table serves each."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from reachability.intervals import Addresses
from reachability.stack import Resource, Stack, is_false

VPC_TYPES = ("aws_vpc", "aws_default_vpc")
SUBNET_TYPES = ("aws_subnet", "aws_default_subnet")
ROUTE_TABLE_TYPES = ("aws_route_table", "aws_default_route_table")


def route_table(stack: Stack, resource: Resource) -> Resource | None:
    """The table under `route_table_id`; a VPC stands for its own main route table."""
    return pointed_table(stack, resource.values.get("route_table_id"))


def pointed_table(stack: Stack, named: Any) -> Resource | None:
    """The table that an id names; a VPC stands for its own main route table."""
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


def is_default_vpc(vpc: Resource) -> bool:
    """Whether it is the account's default VPC, managed or only looked up."""
    return vpc.type == "aws_default_vpc" or (
        vpc.is_data and not is_false(vpc.values.get("default"))
    )


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
