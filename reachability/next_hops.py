"""Where one route leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reachability.routes import Route, is_internet_gateway
from reachability.stack import Reference, Resource, Stack, Unknown

Kind = Literal[
    "internet", "nat", "peering", "egress-only", "machine", "endpoint", "nowhere", "unmodelled"
]

_UNMODELLED = {
    "transit_gateway_id": "a transit gateway",
    "vpc_endpoint_id": "a Gateway Load Balancer endpoint",
    "carrier_gateway_id": "a carrier gateway",
    "local_gateway_id": "a local gateway",
    "core_network_arn": "a Cloud WAN core network",
    "gateway_id": "a gateway that is not modelled",
}


@dataclass(frozen=True, eq=False)
class NextHop:
    """Where one route leads. `path` is where it is written, `target` the resource it hands to."""

    path: str
    kind: Kind
    target: Resource | None
    names: str


def next_hop(stack: Stack, route: Route) -> NextHop:
    """What the route hands its packets to."""
    target = stack.pointed(route.target)
    path = route.resource.path
    named = _called(stack, target) if target is not None else str(route.target)
    match route.kind:
        case "gateway_id" if is_internet_gateway(stack, route):
            unknown = target is None and isinstance(route.target, Unknown)
            return NextHop(path, "unmodelled" if unknown else "internet", target, named)
        case "gateway_id" if _is_gateway_endpoint(target, route.target):
            return NextHop(path, "endpoint", target, named)
        case "gateway_id" if route.target == "local":
            return NextHop(path, "nowhere", None, "local")
        case "nat_gateway_id":
            return NextHop(path, "nat" if target else "unmodelled", target, named)
        case "vpc_peering_connection_id":
            return NextHop(path, "peering" if target else "unmodelled", target, named)
        case "egress_only_gateway_id":
            return NextHop(path, "egress-only", target, named)
        case "network_interface_id":
            part = stack.attribute(route.target)
            machine = target or (stack.at(part.address) if part is not None else None)
            names = stack.label(machine) if machine is not None else named
            return NextHop(path, "machine" if machine else "unmodelled", machine, names)
    return NextHop(path, "unmodelled", target, _UNMODELLED.get(route.kind, route.kind))


_NOUNS = {
    "aws_internet_gateway": "internet gateway ",
    "aws_nat_gateway": "NAT gateway ",
    "aws_egress_only_internet_gateway": "egress-only internet gateway ",
    "aws_vpc_endpoint": "gateway endpoint ",
}


def _called(stack: Stack, target: Resource) -> str:
    return f"{_NOUNS.get(target.type, '')}{stack.label(target)}"


def _is_gateway_endpoint(target: Resource | None, named: object) -> bool:
    if target is not None:
        return target.type == "aws_vpc_endpoint"
    if isinstance(named, Reference):
        return "aws_vpc_endpoint." in named.address
    return isinstance(named, str) and named.startswith("vpce-")
