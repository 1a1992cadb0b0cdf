from collections.abc import Iterator

import _path  # noqa: F401

from policies.policy import policy
from reachability.network import SUBNET_TYPES, associations_of
from reachability.stack import Resource, Stack


@policy(
    id="CKV_MB_20",
    types=SUBNET_TYPES,
    remedy="Keep one aws_route_table_association for the subnet.",
)
def judge(subnet: Resource, stack: Stack) -> Iterator[str]:
    """Subnets are associated with one route table, so that nothing decides which by chance."""
    associations = associations_of(stack, subnet)
    if len(associations) > 1:
        named = " and ".join(one.path for one in associations)
        yield f"{named} each associate it with a route table"
