import re
from collections.abc import Iterator
from typing import Any

import _path  # noqa: F401

from policies import secret_patterns, templates, user_data
from policies.instances import INSTANCE_TYPES
from policies.policy import policy
from reachability.stack import Reference, Resource, Stack, Unknown

# What a plan over existing infrastructure tells of `user_data` (resource "aws_instance").
_ONLY_A_HASH = re.compile(r"[0-9a-f]{40}")


@policy(
    id="CKV_MB_17",
    types=INSTANCE_TYPES,
    remedy="Let the host make it, or read it from Parameter Store at boot.",
)
def judge(instance: Resource, stack: Stack) -> Iterator[str]:
    """User data holds no secret and no private key."""
    for argument in ("user_data", "user_data_base64"):
        value = stack.value(instance, argument)
        if argument not in instance.configured or value in ("", None):
            continue
        yield from (f"{argument} {problem}" for problem in _problems(value, instance, argument))


def _problems(value: Any, instance: Resource, argument: str) -> Iterator[str]:
    written = value.text if isinstance(value, Unknown) else value
    if not isinstance(written, str) or not written or _ONLY_A_HASH.fullmatch(written):
        origin = f" ({value})" if isinstance(value, Reference | Unknown) else ""
        yield f"cannot be read before apply, so nobody can tell what it holds{origin}"
        return
    if isinstance(value, Unknown):
        for name in dict.fromkeys(templates.untold(written)):
            yield f"brings in {name}, and nobody can tell that it is no secret"
    encoded = argument == "user_data_base64" or instance.type == "aws_launch_template"
    yield from dict.fromkeys(_found(written, encoded and not isinstance(value, Unknown)))


def _found(written: str, encoded: bool) -> Iterator[str]:
    try:
        for where, text in user_data.texts(written, encoded=encoded):
            for what, line in secret_patterns.find(text):
                yield f"holds {what} (line {line}, {where})"
    except user_data.UnsearchableError as error:
        yield f"cannot be searched: {error}"
