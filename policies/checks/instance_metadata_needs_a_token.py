from collections.abc import Iterator

import _path  # noqa: F401

from policies.instances import INSTANCE_TYPES
from policies.policy import policy
from reachability.stack import Resource, Stack

# One hop is the host itself, two a container on it. (Amazon EC2 User Guide: "Configure the
# Instance Metadata Service options".)
MOST_HOPS = 2


@policy(
    id="CKV_MB_11",
    types=INSTANCE_TYPES,
    remedy='Set metadata_options { http_tokens = "required" }, with at most two hops.',
)
def judge(instance: Resource, stack: Stack) -> Iterator[str]:
    """The instance metadata service needs a session token (IMDSv2)."""
    options = (instance.blocks("metadata_options") or [{}])[-1]
    if stack.resolve(options.get("http_endpoint")) == "disabled":
        return
    tokens = stack.resolve(options.get("http_tokens"))
    if tokens != "required":
        yield f"http_tokens is {tokens or 'not set'}, so any request of a host reads its role"
    hops = stack.resolve(options.get("http_put_response_hop_limit"))
    if hops is not None and not (str(hops).isdigit() and int(hops) <= MOST_HOPS):
        yield f"http_put_response_hop_limit is {hops}: tokens travel beyond the host"
