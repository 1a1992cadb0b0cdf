"""Public IPv4 addresses: the Elastic IPs that were given, and what AWS gives by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from reachability.network import is_default_vpc, single_address, vpc_of
from reachability.stack import Reference, Resource, Stack, Unknown, is_false

Answer = Literal["yes", "no", "unknown"]

_HOLDERS = ("instance", "instance_id", "network_interface", "network_interface_id")


@dataclass(frozen=True, eq=False)
class Elastic:
    """An Elastic IP or its association; `hosts` are the attributes that its addresses stand in."""

    resource: Resource
    address: int | None
    hosts: frozenset[tuple[str, str]]


@lru_cache(maxsize=16)
def elastic_addresses(stack: Stack) -> Mapping[str, Elastic]:
    """The Elastic IP of each instance and network interface, by the address of its resource."""
    found: dict[str, Elastic] = {}
    for resource in stack.of("aws_eip", "aws_eip_association"):
        eip = stack.target(resource, "allocation_id") or resource
        hosts = frozenset({(eip.address, "public_ip"), (eip.address, "private_ip")})
        elastic = Elastic(resource, single_address(eip.values.get("public_ip")), hosts)
        for key in _HOLDERS:
            for holder in (*stack.targets(resource, key), *_primary(stack, resource, key)):
                found[holder.address] = elastic
    return found


def _primary(stack: Stack, resource: Resource, key: str) -> list[Resource]:
    """The instance whose first interface is named."""
    part = stack.attribute(resource.values.get(key))
    if part is None or part.attribute != "primary_network_interface_id":
        return []
    machine = stack.at(part.address)
    return [] if machine is None else [machine]


@lru_cache(maxsize=16)
def _attached(stack: Stack) -> Mapping[str, list[Resource]]:
    found: dict[str, list[Resource]] = {}
    pairs = [
        (stack.target(one, "instance_id"), stack.target(one, "network_interface_id"))
        for one in stack.of("aws_network_interface_attachment")
    ]
    for interface in stack.of("aws_network_interface"):
        for block in interface.blocks("attachment"):
            pairs.append((stack.pointed(block.get("instance")), interface))
    for instance, one in pairs:
        if instance is not None and one is not None:
            found.setdefault(instance.address, []).append(one)
    return found


def brings_interfaces(instance: Resource) -> bool:
    """Whether the instance names its first interface, in place of having one made."""
    return bool(_named_interfaces(instance))


def _named_interfaces(instance: Resource) -> list[Mapping[str, Any]]:
    return [*instance.blocks("network_interface"), *instance.blocks("primary_network_interface")]


def attached_interfaces(stack: Stack, instance: Resource) -> list[Resource]:
    """The network interfaces that are resources of their own, however they are attached."""
    named = [stack.pointed(one.get("network_interface_id")) for one in _named_interfaces(instance)]
    found = [one for one in named if one is not None]
    return [*found, *_attached(stack).get(instance.address, ())]


def elastic_address(stack: Stack, instance: Resource) -> Resource | None:
    """The Elastic IP or association that leads to an instance, by itself or by an interface."""
    held = elastic_addresses(stack)
    for one in (instance, *attached_interfaces(stack, instance)):
        if one.address in held:
            return held[one.address].resource
    return None


def public_address(
    stack: Stack, resource: Resource, subnet: Resource | None, elastic: Elastic | None
) -> tuple[Answer, str]:
    """Whether a public IPv4 address comes with an instance or interface, and from where.

    (Amazon VPC User Guide: "IP addressing for your VPCs and subnets".)
    """
    if elastic is not None:
        return "yes", f"Elastic IP {stack.label(elastic.resource)}"
    if resource.type == "aws_network_interface":
        return "no", "an interface of its own gets no public address by itself"
    own = stack.value(resource, "associate_public_ip_address")
    if "associate_public_ip_address" in resource.configured and own is not None:
        return answer(own), "associate_public_ip_address"
    if subnet is None:
        return "unknown", "its subnet is not known"
    maps = stack.value(subnet, "map_public_ip_on_launch")
    if maps is None and _is_default(stack, subnet):
        return "yes", f"{stack.label(subnet)} is a default subnet"
    return answer(maps), f"{stack.label(subnet)} maps public addresses on launch"


def _is_default(stack: Stack, subnet: Resource) -> bool:
    """Amazon VPC User Guide, "Default VPCs": its default subnets give public addresses."""
    vpc = vpc_of(stack, subnet)
    adopted = vpc is not None and vpc.is_data and is_default_vpc(vpc)
    return subnet.type == "aws_default_subnet" or (subnet.is_data and adopted)


def answer(value: Any) -> Answer:
    """Terraform's true or false as yes or no."""
    if isinstance(value, Unknown | Reference):
        return "unknown"
    return "no" if is_false(value) else "yes"
