"""What of a stack the internet can reach: address, route and security groups together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from reachability.intervals import PUBLIC, Addresses, Intervals, is_world
from reachability.network import internet_routes
from reachability.security_groups import Rule, rules, users
from reachability.stack import Resource, Stack


@dataclass(frozen=True)
class Exposure:
    """Ports of one instance that answer to public addresses.

    `source` is "internet" or, for a bounded set of addresses, "operators"; `cidrs` lists those.
    """

    path: str
    source: Literal["internet", "operators"]
    protocol: str
    ports: Intervals
    cidrs: str
    why: str


def internet_exposure(stack: Stack) -> list[Exposure]:
    """Each instance with a public address in a subnet with a route to an internet gateway."""
    ingress = [rule for rule in rules(stack) if rule.direction == "ingress"]
    found: list[Exposure] = []
    for instance in stack.of("aws_instance"):
        subnet = stack.target(instance, "subnet_id")
        address = public_address(stack, instance)
        if subnet is None or address is None or not internet_routes(stack, subnet):
            continue
        own = [rule for rule in ingress if instance in users(stack, rule.group)]
        found += _exposures(instance, own, f"{address}; {subnet.path} routes to the internet")
    return found


def _exposures(instance: Resource, ingress: list[Rule], why: str) -> list[Exposure]:
    sources: dict[tuple[str, Addresses], list[Rule]] = {}
    for rule in ingress:
        if public := rule.peers & PUBLIC:
            sources.setdefault((rule.protocol, public), []).append(rule)
    return [
        Exposure(
            path=instance.path,
            source="internet" if is_world(public) else "operators",
            protocol=protocol,
            ports=Intervals.union(rule.ports for rule in same),
            cidrs="anywhere" if is_world(public) else str(public),
            why=f"{', '.join(rule.resource.path for rule in same)}; {why}",
        )
        for (protocol, public), same in sources.items()
    ]


def public_address(stack: Stack, instance: Resource) -> str | None:
    """Where an instance gets a public IPv4 address from, or None if it gets none.

    (Amazon VPC User Guide: "IP addressing for your VPCs and subnets".)
    """
    elastic = elastic_address(stack, instance)
    if elastic is not None:
        return f"{elastic.path} gives it an Elastic IP"
    own = stack.value(instance, "associate_public_ip_address")
    if "associate_public_ip_address" in instance.configured and own is not None:
        return None if is_false(own) else "associate_public_ip_address is not false"
    subnet = stack.target(instance, "subnet_id")
    if subnet is not None and not is_false(stack.value(subnet, "map_public_ip_on_launch")):
        return f"{subnet.path} maps public addresses on launch"
    return None


def interfaces(stack: Stack, instance: Resource) -> list[Resource]:
    """The network interfaces that are resources of their own, however they are attached."""
    found = [stack.pointed(one.get("network_interface_id")) for one in _attached(instance)]
    found += [
        interface
        for interface in stack.of("aws_network_interface")
        for attachment in interface.blocks("attachment")
        if stack.pointed(attachment.get("instance")) is instance
    ]
    found += [
        stack.target(one, "network_interface_id")
        for one in stack.of("aws_network_interface_attachment")
        if stack.target(one, "instance_id") is instance
    ]
    return [one for one in found if one is not None]


def _attached(instance: Resource) -> list[Mapping[str, Any]]:
    return [*instance.blocks("network_interface"), *instance.blocks("primary_network_interface")]


def elastic_address(stack: Stack, instance: Resource) -> Resource | None:
    """The Elastic IP or association that leads to an instance, by itself or by an interface."""
    own = interfaces(stack, instance)
    for resource in stack.of("aws_eip", "aws_eip_association"):
        if any(
            instance in stack.targets(resource, key) or _is_primary(stack, resource, instance, key)
            for key in ("instance", "instance_id", "network_interface", "network_interface_id")
        ):
            return resource
        named = [
            one
            for key in ("network_interface", "network_interface_id")
            for one in stack.targets(resource, key)
        ]
        if any(one in own for one in named):
            return resource
    return None


def _is_primary(stack: Stack, resource: Resource, instance: Resource, key: str) -> bool:
    part = stack.attribute(resource.values.get(key))
    return (
        part is not None
        and part.attribute == "primary_network_interface_id"
        and stack.at(part.address) is instance
    )


def is_false(value: Any) -> bool:
    """Terraform's false: absent, false, or the word."""
    return value in (None, False) or str(value).lower() == "false"
