from collections.abc import Iterator

import _path  # noqa: F401

from policies.instances import INSTANCE_TYPES
from policies.policy import policy
from reachability.stack import Resource, Stack

KEY_PAIR = "aws_key_pair"


@policy(
    id="CKV_MB_18",
    types=(*INSTANCE_TYPES, KEY_PAIR),
    remedy="Remove the key pair and open a session with Session Manager.",
)
def judge(resource: Resource, stack: Stack) -> Iterator[str]:
    """Instances have no key pair: a private key that does not exist cannot leak."""
    if resource.type == KEY_PAIR:
        yield "a key pair is made"
    elif "key_name" in resource.configured and resource.values.get("key_name") != "":
        yield f"key_name is {resource.values.get('key_name')}"
