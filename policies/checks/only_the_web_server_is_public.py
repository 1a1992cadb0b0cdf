from collections.abc import Iterator

import _path  # noqa: F401

from policies.open_ports import open_to_the_world
from policies.policy import policy
from policies.tiers import role
from reachability.intervals import Intervals
from reachability.security_groups import GROUP_TYPES, RULE_TYPES, users
from reachability.stack import Resource, Stack

PUBLIC_ROLE = "web"
PUBLIC_PORTS = Intervals.of((80, 80), (443, 443))


@policy(
    id="CKV_MB_6",
    types=(*RULE_TYPES, *GROUP_TYPES),
    remedy="Open 80 and 443 only, on a security group that only the web server carries.",
)
def judge(rule: Resource, stack: Stack) -> Iterator[str]:
    """Only the web server's 80 and 443 are public."""
    for opening in open_to_the_world(rule, stack):
        surplus = opening.ports - PUBLIC_PORTS
        if opening.protocol != "tcp":
            yield f"{opening.protocol} is open to {opening.source}"
            continue
        if surplus:
            yield f"tcp {surplus} is open to {opening.source}"
        if not opening.ports & PUBLIC_PORTS:
            continue
        carriers = users(stack, opening.group)
        if not carriers:
            yield f"tcp {opening.ports} is open to {opening.source}, on no web server's group"
        for carrier in carriers:
            if role(carrier) != PUBLIC_ROLE:
                yield f"{carrier.path} is no web server, and opens tcp {opening.ports} with it"
