from collections.abc import Iterator

import _path  # noqa: F401

from policies.policy import policy
from policies.tiers import is_private
from reachability.network import SUBNET_TYPES, tables_of, vpc_of
from reachability.routes import hop_of, internet_routes, is_internet_gateway, routes_of
from reachability.stack import Resource, Stack


@policy(
    id="CKV_MB_2",
    types=SUBNET_TYPES,
    remedy="Associate the subnet with a route table of its own whose way out is a NAT gateway.",
)
def judge(subnet: Resource, stack: Stack) -> Iterator[str]:
    """Private subnets have no path to an internet gateway."""
    if not is_private(subnet):
        return
    for table in tables_of(stack, subnet):
        if table is None:
            yield "its route table cannot be told from this stack"
        elif table.is_data and table is vpc_of(stack, subnet):
            yield f"it has no route table of its own, and the main one of {table.path} is not ours"
    for route in routes_of(stack, subnet):
        written = f"{route.resource.path} routes {route.destination} to"
        if is_internet_gateway(stack, route):
            yield f"{written} an internet gateway"
        elif route.kind == "network_interface_id":
            hop = hop_of(stack, route)
            if hop is None:
                yield f"{written} a machine that cannot be told ({route.target})"
            elif internet_routes(stack, hop):
                yield f"{written} a machine in {hop.path}, which leads to an internet gateway"
