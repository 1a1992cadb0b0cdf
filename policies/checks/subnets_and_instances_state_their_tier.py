from collections.abc import Iterator

import _path  # noqa: F401

from policies.policy import policy
from policies.tiers import ROLES, TIERS, role, tier
from reachability.network import SUBNET_TYPES
from reachability.stack import Resource, Stack


@policy(
    id="CKV_MB_19",
    types=("aws_instance", *SUBNET_TYPES),
    remedy='Tag it Tier = "public" or "private"; an instance also by a Role of policies/tiers.py.',
)
def judge(resource: Resource, stack: Stack) -> Iterator[str]:
    """Subnets and instances state one tier, instances a known role: other rules rest on them."""
    if resource.type == "aws_instance" and role(resource) not in ROLES:
        yield f"its Role is {role(resource) or 'not stated'}, and no rule knows what that may do"
    stated = tier(resource)
    if stated not in TIERS:
        yield f"its Tier is {stated!r}" if stated else "it has no Tier tag"
        return
    subnet = stack.target(resource, "subnet_id")
    if subnet is not None and not subnet.is_data and tier(subnet) != stated:
        yield f"its Tier is {stated}, and that of {subnet.path} is {tier(subnet) or 'not stated'}"
