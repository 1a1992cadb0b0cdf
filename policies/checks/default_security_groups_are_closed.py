from collections.abc import Iterator

import _path  # noqa: F401

from policies.policy import policy
from reachability.network import VPC_TYPES
from reachability.security_groups import RULE_TYPES, rules
from reachability.stack import Resource, Stack

_DEFAULT = "aws_default_security_group"


@policy(
    id="CKV_MB_10",
    types=(*VPC_TYPES, _DEFAULT, *RULE_TYPES),
    remedy="Keep one aws_default_security_group for each VPC, without any rule.",
)
def judge(resource: Resource, stack: Stack) -> Iterator[str]:
    """Default security groups are closed."""
    groups = list(stack.of(_DEFAULT))
    if resource.type in VPC_TYPES:
        if not any(stack.target(group, "vpc_id") is resource for group in groups):
            yield "no aws_default_security_group closes the default group of this VPC"
        return
    addresses = {group.address for group in groups}
    for rule in rules(stack):
        if rule.resource is resource and (
            rule.group in addresses or _is_default(stack, resource.values.get("security_group_id"))
        ):
            yield f"{rule.direction} of {rule.protocol} {rule.ports} in a default security group"


def _is_default(stack: Stack, named: object) -> bool:
    part = stack.attribute(named)
    return part is not None and part.attribute == "default_security_group_id"
