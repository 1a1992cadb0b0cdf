import re
from collections.abc import Iterator

import _path  # noqa: F401

from policies.policy import policy
from reachability.security_groups import GROUP_TYPES, RULE_TYPES, rules
from reachability.stack import Resource, Stack

_DEFAULT = "managed by terraform"
_WORD = re.compile(r"[^\W\d_]{3,}")


@policy(
    id="CKV_MB_8",
    types=(*RULE_TYPES, *GROUP_TYPES),
    remedy="Say in `description` who talks to whom, and why.",
)
def judge(resource: Resource, stack: Stack) -> Iterator[str]:
    """Every security group and every rule says what it is for."""
    if resource.type == "aws_security_group":
        text = stack.value(resource, "description")
        yield from _problems(text if isinstance(text, str) else None, "the security group")
    for rule in rules(stack):
        if rule.resource is resource:
            what = f"a rule for {rule.direction} of {rule.protocol} {rule.ports}"
            yield from _problems(rule.description, what)


def _problems(text: str | None, what: str) -> Iterator[str]:
    if text is None or text.strip().lower() in ("", _DEFAULT):
        yield f"{what} has no description"
    elif not _WORD.search(text):
        yield f'"{text}" does not describe {what}'
