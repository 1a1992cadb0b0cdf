from collections.abc import Iterator

import _path  # noqa: F401

from policies.policy import policy
from policies.tiers import is_private
from reachability.network import internet_routes
from reachability.stack import Resource, Stack


@policy(
    id="CKV_MB_3",
    types=("aws_instance",),
    remedy="Set subnet_id to a subnet whose Tier is private.",
)
def judge(instance: Resource, stack: Stack) -> Iterator[str]:
    """Private instances live in private subnets."""
    if not is_private(instance):
        return
    named = instance.values.get("subnet_id")
    subnet = stack.target(instance, "subnet_id")
    interfaces = [
        interface
        for block in instance.blocks("network_interface")
        if (interface := stack.pointed(block.get("network_interface_id"))) is not None
    ]
    subnets = [subnet, *(stack.target(interface, "subnet_id") for interface in interfaces)]
    found = [one for one in subnets if one is not None]
    if not found:
        yield f"its subnet cannot be told from this stack ({named or 'none is named'})"
    for one in found:
        if not is_private(one) or internet_routes(stack, one):
            yield f"{one.path} is not a private subnet"
