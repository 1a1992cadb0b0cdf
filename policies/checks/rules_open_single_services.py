from collections.abc import Iterator

import _path  # noqa: F401

from policies.policy import policy
from reachability.intervals import Intervals
from reachability.security_groups import ALL_PORTS, ALL_PROTOCOLS, GROUP_TYPES, RULE_TYPES, rules
from reachability.stack import Resource, Stack


@policy(
    id="CKV_MB_7",
    types=(*RULE_TYPES, *GROUP_TYPES),
    remedy="Write one rule for each port that the flow needs.",
)
def judge(resource: Resource, stack: Stack) -> Iterator[str]:
    """Rules open single services, never all ports or all protocols.

    Half of the ports or more, in one rule or in all of a group's rules together, count as all.
    """
    everything = rules(stack)
    for rule in (one for one in everything if one.resource is resource):
        if rule.protocol == ALL_PROTOCOLS:
            yield f"{rule.direction} of all protocols"
            continue
        beside = (
            one.ports
            for one in everything
            if (one.group, one.direction, one.protocol)
            == (rule.group, rule.direction, rule.protocol)
        )
        together = Intervals.union(beside)
        if 2 * together.size >= ALL_PORTS.size:
            yield f"{rule.direction} of {rule.protocol} {rule.ports}, in all {together}"
