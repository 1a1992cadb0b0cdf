from collections.abc import Iterator

import _path  # noqa: F401

from policies.policy import policy
from reachability.network import ROUTE_TABLE_TYPES, VPC_TYPES, vpc_of
from reachability.routes import routes
from reachability.stack import Resource, Stack, Unknown

_GATEWAYS = ("gateway_id", "nat_gateway_id", "egress_only_gateway_id")


@policy(
    id="CKV_MB_16",
    types=("aws_route", *ROUTE_TABLE_TYPES),
    remedy="Route to a gateway that is attached to the VPC of the route table.",
)
def judge(resource: Resource, stack: Stack) -> Iterator[str]:
    """Routes use gateways of their own network."""
    for route in routes(stack):
        if route.resource is not resource or route.kind not in _GATEWAYS:
            continue
        gateway = stack.pointed(route.target)
        if gateway is None:
            if not isinstance(route.target, str | Unknown):
                yield f"{route.target} does not exist in this stack"
            continue
        own, other = vpc_of(stack, route.table), vpc_of(stack, gateway)
        if other is None or other.type not in VPC_TYPES:
            yield f"{gateway.path} is attached to no VPC"
        elif own is None:
            yield f"the VPC of its route table cannot be told ({route.table})"
        elif other is not own:
            yield f"{gateway.path} is attached to {other.path}, the route table is in {own.path}"
