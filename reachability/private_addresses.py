"""The private addresses of network interfaces, and all that they may come to be."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from reachability.intervals import NOTHING, PUBLIC, Addresses, Intervals
from reachability.network import SUBNET_TYPES, addresses, single_address
from reachability.stack import Resource, Stack, each, is_false

# RFC 1918, "Address Allocation for Private Internets".
_PRIVATE = Addresses.of("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16").ipv4


def private_ipv4(stack: Stack, values: Mapping[str, Any], subnet: Resource | None) -> Intervals:
    """The addresses that the arguments name; where none is known, all that AWS may choose."""
    known = addresses([one for one in _written(values) if isinstance(one, str)])
    if known is not None and known.ipv4:
        return known.ipv4
    return _free(stack).get(subnet.address, NOTHING) if subnet is not None else NOTHING


def nat_ipv4(stack: Stack, gateway: Resource, subnet: Resource | None) -> Intervals:
    """Every address that a NAT gateway may send from.

    (Amazon VPC User Guide, "NAT gateway basics": secondary addresses are its own as well.)
    """
    own = private_ipv4(stack, gateway.values, subnet)
    if more := gateway.values.get("secondary_private_ip_addresses"):
        return own | private_ipv4(stack, {"private_ips": more}, subnet)
    chosen = ("secondary_private_ip_address_count", "secondary_allocation_ids")
    if any(gateway.values.get(key) for key in chosen):
        return own | private_ipv4(stack, {}, subnet)
    return own


def ipv6(stack: Stack, values: Mapping[str, Any], subnet: Resource | None) -> Intervals:
    """The IPv6 addresses, or the subnet's block where the interface only asks for some."""
    given = addresses([one for one in each(values.get("ipv6_addresses")) if isinstance(one, str)])
    if given is not None and given.ipv6:
        return given.ipv6
    wants = bool(values.get("ipv6_addresses") or values.get("ipv6_address_count"))
    if subnet is None:
        return NOTHING
    if not wants and is_false(stack.value(subnet, "assign_ipv6_address_on_creation")):
        return NOTHING
    block = stack.value(subnet, "ipv6_cidr_block")
    held = addresses([block]) if isinstance(block, str) and block else None
    return held.ipv6 if held else PUBLIC.ipv6


@lru_cache(maxsize=16)
def _free(stack: Stack) -> Mapping[str, Intervals]:
    """The addresses of each subnet that AWS may hand out.

    (Amazon VPC User Guide, "Subnet CIDR blocks": the first four and the last are reserved.)
    """
    taken: dict[str, list[tuple[int, int]]] = {}
    for resource in stack.of("aws_instance", "aws_network_interface", "aws_nat_gateway"):
        subnet = stack.target(resource, "subnet_id")
        for one in _written(resource.values):
            if subnet is not None and (address := single_address(one)) is not None:
                taken.setdefault(subnet.address, []).append((address, address))
    free: dict[str, Intervals] = {}
    for subnet in stack.resources.values():
        if subnet.type not in SUBNET_TYPES:
            continue
        block = stack.value(subnet, "cidr_block")
        held = addresses([block]) if isinstance(block, str) else None
        if held is None or not held.ipv4:
            free[subnet.address] = _PRIVATE
            continue
        low, high = held.ipv4.pairs[0]
        usable = Intervals.of((low + 4, high - 1))
        free[subnet.address] = usable - Intervals.of(*taken.get(subnet.address, ()))
    return free


def _written(values: Mapping[str, Any]) -> list[Any]:
    return [*each(values.get("private_ip")), *each(values.get("private_ips"))]
