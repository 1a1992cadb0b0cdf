from collections.abc import Iterator

import _path  # noqa: F401

from policies.policy import policy
from reachability.network import cidrs_of
from reachability.stack import Resource, Stack


@policy(
    id="CKV_MB_15",
    types=("aws_vpc_peering_connection",),
    remedy="Give one of the two VPCs another CIDR.",
)
def judge(connection: Resource, stack: Stack) -> Iterator[str]:
    """Peered networks do not overlap: AWS refuses to peer them."""
    own, peer = (stack.target(connection, key) for key in ("vpc_id", "peer_vpc_id"))
    if own is None or peer is None:
        return
    if own is peer:
        yield f"{own.path} is peered with itself"
        return
    ours, theirs = cidrs_of(stack, own), cidrs_of(stack, peer)
    if ours is not None and theirs is not None and (shared := ours & theirs):
        yield f"{own.path} and {peer.path} both hold {shared}"
