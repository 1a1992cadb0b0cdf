from collections.abc import Iterator

import _path  # noqa: F401

from policies.policy import policy
from policies.tiers import TIERS, tier
from reachability.network import SUBNET_TYPES
from reachability.stack import Resource, Stack


@policy(
    id="CKV_MB_19",
    types=("aws_instance", *SUBNET_TYPES),
    remedy='Tag it Tier = "public" or Tier = "private".',
)
def judge(resource: Resource, stack: Stack) -> Iterator[str]:
    """Subnets and their instances state one tier, on which the other rules rest."""
    stated = tier(resource)
    if stated not in TIERS:
        yield f"its Tier is {stated!r}" if stated else "it has no Tier tag"
        return
    subnet = stack.target(resource, "subnet_id")
    if subnet is not None and not subnet.is_data and tier(subnet) != stated:
        yield f"its Tier is {stated}, and that of {subnet.path} is {tier(subnet) or 'not stated'}"
