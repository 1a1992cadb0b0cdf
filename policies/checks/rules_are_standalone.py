from collections.abc import Iterator

import _path  # noqa: F401

from policies.policy import policy
from reachability.security_groups import LEGACY
from reachability.stack import Resource, Stack


@policy(
    id="CKV_MB_9",
    types=("aws_security_group", LEGACY),
    remedy="Use aws_vpc_security_group_ingress_rule and aws_vpc_security_group_egress_rule.",
)
def judge(resource: Resource, stack: Stack) -> Iterator[str]:
    """Rules are resources of their own: inline rules and standalone ones undo each other."""
    if resource.type == LEGACY:
        yield f"{LEGACY} is the older resource, without a stable id for each rule"
    for direction in ("ingress", "egress"):
        if direction in resource.configured and resource.values.get(direction) not in (None, []):
            yield f"inline {direction} rules"
