from collections.abc import Iterator

import _path  # noqa: F401

from policies.policy import policy
from policies.tiers import is_private
from reachability.public_addresses import attached_interfaces
from reachability.routes import internet_routes
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
    holders = [instance, *attached_interfaces(stack, instance)]
    found = [one for holder in holders if (one := stack.target(holder, "subnet_id")) is not None]
    if not found:
        named = instance.values.get("subnet_id")
        yield f"its subnet cannot be told from this stack ({named or 'none is named'})"
    for one in found:
        if not is_private(one) or internet_routes(stack, one):
            yield f"{one.path} is not a private subnet"
