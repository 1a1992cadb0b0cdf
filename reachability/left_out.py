"""What carries security groups and is no endpoint of the model: functions, containers, …"""

from __future__ import annotations

from reachability.model import Topology
from reachability.security_groups import GROUP_TYPES, RULE_TYPES
from reachability.stack import Resource

# They belong to an endpoint, or to one that another resource makes.
_PARTS = ("aws_network_interface", "aws_network_interface_sg_attachment", "aws_db_subnet_group")

_CARRIES_GROUPS = (
    "vpc_security_group_ids",
    "security_groups",
    "security_group_ids",
    "vpc_config",
    "network_configuration",
    "network_interfaces",
)


def left_out(topology: Topology) -> tuple[Resource, ...]:
    """Of these there is no row or column in a matrix."""
    known = {endpoint.path for endpoint in topology.endpoints.values()}
    return tuple(
        resource
        for resource in topology.stack.resources.values()
        if not resource.is_data
        and resource.type not in (*GROUP_TYPES, *RULE_TYPES, *_PARTS)
        and resource.path not in known
        and any(resource.values.get(key) for key in _CARRIES_GROUPS)
    )
