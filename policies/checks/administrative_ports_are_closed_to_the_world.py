from collections.abc import Iterator

import _path  # noqa: F401

from policies.open_ports import open_to_the_world
from policies.policy import policy
from reachability.intervals import Intervals
from reachability.security_groups import GROUP_TYPES, RULE_TYPES
from reachability.stack import Resource, Stack

ADMINISTRATIVE = {
    22: "SSH",
    3000: "Grafana",
    3903: "mtail",
    5000: "gunicorn",
    8080: "Jenkins",
    9090: "Prometheus",
    9100: "node exporter",
    9102: "gunicorn exporter",
    9113: "nginx exporter",
}
PORTS = Intervals.of(*((port, port) for port in ADMINISTRATIVE))


@policy(
    id="CKV_MB_5",
    types=(*RULE_TYPES, *GROUP_TYPES),
    remedy="Name a security group, or the operators' prefix list, as the source of the rule.",
)
def judge(rule: Resource, stack: Stack) -> Iterator[str]:
    """SSH, Jenkins, Prometheus, Grafana, gunicorn and metrics are closed to the world."""
    for opening in open_to_the_world(rule, stack):
        for low, high in (opening.ports & PORTS).pairs if opening.protocol == "tcp" else ():
            for port in range(low, high + 1):
                yield f"{ADMINISTRATIVE[port]} ({port}) is open to {opening.source}"
