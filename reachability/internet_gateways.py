"""Whether an internet gateway serves a VPC."""

from __future__ import annotations

from functools import lru_cache

from reachability.network import vpc_of
from reachability.ports import ALL, MAYBE, NONE, Ports
from reachability.stack import Resource, Stack


def serves(stack: Stack, gateway: Resource | None, vpc: Resource | None) -> tuple[Ports, str]:
    """Whether packets of a VPC pass the gateway that a route of it names, and why not."""
    block = _public_access_block(stack)
    if block is not None:
        return MAYBE, f"{stack.label(block)} (Block Public Access) is not modelled"
    if gateway is None or gateway.is_data:
        return ALL, ""
    if gateway.address in _edge_routed(stack):
        return MAYBE, f"the route table of {stack.label(gateway)} itself is not modelled"
    if vpc is None or vpc_of(stack, gateway) is not vpc:
        of = "a network that is not known" if vpc is None else stack.label(vpc)
        return NONE, f"{stack.label(gateway)} is not attached to {of}"
    return ALL, ""


@lru_cache(maxsize=16)
def _edge_routed(stack: Stack) -> frozenset[str]:
    """Gateways with a route table of their own (Amazon VPC User Guide, "Gateway route tables")."""
    return frozenset(
        gateway.address
        for association in stack.of("aws_route_table_association")
        for gateway in stack.targets(association, "gateway_id")
    )


@lru_cache(maxsize=16)
def _public_access_block(stack: Stack) -> Resource | None:
    """Amazon VPC User Guide, "Block public access to VPCs and subnets": on in any mode."""
    for resource in stack.of("aws_vpc_block_public_access_options"):
        if stack.value(resource, "internet_gateway_block_mode") != "off":
            return resource
    return None
