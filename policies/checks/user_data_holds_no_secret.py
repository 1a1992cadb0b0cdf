import re
from collections.abc import Iterator
from typing import Any

import _path  # noqa: F401

from policies import secret_patterns, user_data
from policies.policy import policy
from reachability.stack import Resource, Stack, Unknown

# What a plan over existing infrastructure tells of `user_data` (resource "aws_instance").
_ONLY_A_HASH = re.compile(r"[0-9a-f]{40}")

# Parts of an expression that bring in text which the stack does not hold.
_FROM_ELSEWHERE = re.compile(r"\$\{[^}]*\b(?:\w*file\w*\(|(?:var|local|data|module|path)\.)")


@policy(
    id="CKV_MB_17",
    types=("aws_instance", "aws_launch_template", "aws_launch_configuration"),
    remedy="Let the host make it, or read it from Parameter Store at boot.",
)
def judge(instance: Resource, stack: Stack) -> Iterator[str]:
    """User data holds no secret and no private key."""
    for argument in ("user_data", "user_data_base64"):
        written = _text(stack.value(instance, argument))
        if argument not in instance.configured or written == "":
            continue
        if written is None or _ONLY_A_HASH.fullmatch(written):
            yield f"{argument} cannot be read before apply, so nobody can tell what it holds"
            continue
        yield from (f"{argument} {problem}" for problem in _problems(written))


def _problems(written: str) -> Iterator[str]:
    try:
        for where, text in user_data.texts(written):
            for what, line in secret_patterns.find(text):
                yield f"holds {what} (line {line}, {where})"
    except user_data.TooLargeError as error:
        yield f"cannot be searched: {error}"


def _text(value: Any) -> str | None:
    """The text, or None when some of it comes from where nobody can look before apply."""
    if isinstance(value, Unknown):
        return None if _FROM_ELSEWHERE.search(value.text) else value.text or None
    return value if isinstance(value, str) else "" if value is None else None
