from collections.abc import Iterator

import _path  # noqa: F401

from policies.policy import policy
from policies.tiers import TIER, TIERS
from reachability.network import SUBNET_TYPES
from reachability.stack import Resource, Stack


@policy(
    id="CKV_MB_19",
    types=("aws_instance", *SUBNET_TYPES),
    remedy='Tag it Tier = "public" or Tier = "private".',
)
def judge(resource: Resource, stack: Stack) -> Iterator[str]:
    """Subnets and instances state their tier, on which the rules about private ones rest."""
    tier = resource.tag(TIER)
    if (tier or "").lower() not in TIERS:
        yield f"its Tier is {tier!r}" if tier else "it has no Tier tag"
