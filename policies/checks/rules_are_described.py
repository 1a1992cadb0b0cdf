from collections.abc import Iterator

import _path  # noqa: F401

from policies.policy import policy
from reachability.security_groups import GROUP_TYPES, RULE_TYPES, rules
from reachability.stack import Resource, Stack

_DEFAULT = "managed by terraform"


@policy(
    id="CKV_MB_8",
    types=(*RULE_TYPES, *GROUP_TYPES),
    remedy="Say in `description` who talks to whom, and why.",
)
def judge(resource: Resource, stack: Stack) -> Iterator[str]:
    """Every security group and every rule says what it is for."""
    if resource.type == "aws_security_group":
        text = stack.value(resource, "description")
        if not isinstance(text, str) or text.strip().lower() in ("", _DEFAULT):
            yield "the security group has no description"
    for rule in rules(stack):
        if rule.resource is resource and not (rule.description or "").strip():
            yield f"a rule for {rule.direction} of {rule.protocol} {rule.ports} has no description"
