from collections.abc import Iterator

import _path  # noqa: F401

from policies.policy import policy
from policies.tiers import is_private
from reachability.routes import internet_routes
from reachability.stack import Resource, Stack


@policy(
    id="CKV_MB_13",
    types=("aws_nat_gateway",),
    remedy="Put it into a subnet whose route table leads to an internet gateway.",
)
def judge(gateway: Resource, stack: Stack) -> Iterator[str]:
    """NAT gateways stand in public subnets."""
    if stack.value(gateway, "connectivity_type") == "private":
        return
    subnet = stack.target(gateway, "subnet_id")
    if subnet is None:
        yield f"its subnet cannot be told from this stack ({gateway.values.get('subnet_id')})"
    elif is_private(subnet):
        yield f"{subnet.path} is a private subnet"
    elif not internet_routes(stack, subnet):
        yield f"{subnet.path} has no route to an internet gateway"
