from collections.abc import Iterator

import _path  # noqa: F401

from policies.policy import policy
from reachability.network import (
    ROUTE_TABLE_TYPES,
    Route,
    addresses,
    cidrs_of,
    peer_of,
    routes,
    vpc_of,
)
from reachability.stack import Reference, Resource, Stack


@policy(
    id="CKV_MB_14",
    types=("aws_route", *ROUTE_TABLE_TYPES),
    remedy="Make the destination the CIDR of the VPC on the other side of the peering.",
)
def judge(resource: Resource, stack: Stack) -> Iterator[str]:
    """Peering routes reach only the peer."""
    for route in routes(stack):
        if route.resource is resource and route.kind == "vpc_peering_connection_id":
            yield from _problems(route, stack)


def _problems(route: Route, stack: Stack) -> Iterator[str]:
    connection = stack.pointed(route.target)
    own = vpc_of(stack, route.table)
    if connection is None or own is None:
        yield f"the peering or the route table cannot be told from this stack ({route.target})"
        return
    peer = peer_of(stack, connection, own)
    if peer is None:
        yield f"no VPC of this stack is the peer of {own.path} on {connection.path}"
        return
    if isinstance(route.destination, Reference) and stack.at(route.destination.address) is peer:
        return
    wanted, written = cidrs_of(stack, peer), addresses([route.destination])
    if wanted is None or written is None:
        yield f"{route.destination} cannot be held against the CIDR of {peer.path}: refer to it"
    elif not written <= wanted:
        yield f"{route.destination} reaches beyond {peer.path} ({wanted})"
