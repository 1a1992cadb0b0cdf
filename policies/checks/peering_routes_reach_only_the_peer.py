from collections.abc import Iterator

import _path  # noqa: F401

from policies.policy import policy
from reachability.intervals import PUBLIC
from reachability.network import ROUTE_TABLE_TYPES, addresses, cidrs_of, vpc_of
from reachability.routes import Route, routes
from reachability.stack import Reference, Resource, Stack

LARGEST_VPC = 2**16
"""Addresses."""


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
    if connection is None:
        yield f"the peering cannot be told from this stack ({route.target})"
        return
    sides = [stack.target(connection, key) for key in ("vpc_id", "peer_vpc_id")]
    managed = [side for side in sides if side is not None]
    own = vpc_of(stack, route.table)
    if own is None and len(managed) == 1 and sides.count(None) == 1:
        peer = managed[0]  # a table of the VPC that another stack made, which leads to ours
    elif own is None or own not in sides:
        yield f"the route table cannot be told to be of a VPC of {connection.path}"
        return
    elif len(managed) == 1:
        yield from _to_a_stranger(route, stack, own)
        return
    else:
        peer = managed[1] if managed[0] is own else managed[0]
    yield from _to(route, stack, peer)


def _to(route: Route, stack: Stack, peer: Resource) -> Iterator[str]:
    if isinstance(route.destination, Reference) and stack.at(route.destination.address) is peer:
        return
    wanted, written = cidrs_of(stack, peer), addresses([route.destination])
    if wanted is None or written is None:
        yield f"{route.destination} cannot be held against the CIDR of {peer.path}: refer to it"
    elif not written <= wanted:
        yield f"{route.destination} reaches beyond {peer.path} ({wanted})"


def _to_a_stranger(route: Route, stack: Stack, own: Resource) -> Iterator[str]:
    """To a VPC known by its id alone: at most a private /16 (AWS page "VPC CIDR blocks")."""
    written, ours = addresses([route.destination]), cidrs_of(stack, own)
    if written is None or ours is None:
        yield f"{route.destination} cannot be held against a CIDR: write it out"
    elif written & (PUBLIC | ours) or written.ipv6 or written.ipv4.size > LARGEST_VPC:
        yield f"{route.destination} is more than a VPC beside {own.path} can have"
