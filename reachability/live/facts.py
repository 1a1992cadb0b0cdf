"""Every fact of a topology that decides who can reach whom."""

from __future__ import annotations

from collections.abc import Iterator

from reachability.live import host_facts, network_facts
from reachability.live.fact import Fact
from reachability.model import Topology
from reachability.network import SUBNET_TYPES
from reachability.routes import routes
from reachability.security_groups import rules


def facts(topology: Topology) -> Iterator[Fact]:
    """Every rule, route, address and setting that decides who can reach whom."""
    stack = topology.stack
    for rule in rules(stack):
        yield from host_facts.of_rule(topology, rule)
    for route in routes(stack):
        if route.table is not None:
            yield network_facts.of_route(stack, route, route.table)
    for subnet in stack.of(*SUBNET_TYPES):
        yield from network_facts.of_subnet(stack, subnet)
    yield from network_facts.of_acls(stack)
    for endpoint in stack.of("aws_vpc_endpoint"):
        yield from network_facts.of_gateway_endpoint(stack, endpoint)
    for connection in stack.of("aws_vpc_peering_connection"):
        yield network_facts.of_peering(stack, connection)
    for prefix_list in stack.of("aws_ec2_managed_prefix_list"):
        yield from network_facts.of_prefix_list(stack, prefix_list)
    for end in topology.endpoints.values():
        for interface in end.interfaces:
            yield from host_facts.of_interface(topology, end.name, interface)
    for eip in stack.of("aws_eip"):
        yield from host_facts.of_elastic_ip(stack, eip)
