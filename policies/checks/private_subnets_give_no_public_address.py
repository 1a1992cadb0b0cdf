from collections.abc import Iterator

import _path  # noqa: F401

from policies.policy import policy
from policies.tiers import is_private
from reachability.network import SUBNET_TYPES
from reachability.stack import Resource, Stack, is_false


@policy(
    id="CKV_MB_1",
    types=SUBNET_TYPES,
    remedy="Leave out map_public_ip_on_launch and assign_ipv6_address_on_creation.",
)
def judge(subnet: Resource, stack: Stack) -> Iterator[str]:
    """Private subnets give no public address."""
    if not is_private(subnet):
        return
    for setting in ("map_public_ip_on_launch", "assign_ipv6_address_on_creation"):
        if not is_false(stack.value(subnet, setting)):
            yield f"{setting} gives every instance in this private subnet a public address"
