"""What can be talked to: instances, load balancers and databases, with their interfaces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reachability.interfaces import Interface, interface
from reachability.public_addresses import (
    Answer,
    answer,
    attached_interfaces,
    brings_interfaces,
    elastic_addresses,
)
from reachability.stack import Reference, Resource, Stack, each


@dataclass(frozen=True, eq=False)
class Endpoint:
    """`interfaces` all answer, or, where `one_of_them`, AWS chooses among them."""

    name: str
    path: str
    interfaces: tuple[Interface, ...]
    one_of_them: bool = False


def endpoints(stack: Stack) -> list[Endpoint]:
    """Every endpoint of the stack, in its order, named as briefly as is unambiguous."""
    found = [
        *((one, _of_instance(stack, one), False) for one in stack.of("aws_instance")),
        *((one, _of_balancer(stack, one), True) for one in stack.of("aws_lb", "aws_alb")),
        *((one, _of_database(stack, one), True) for one in stack.of("aws_db_instance")),
    ]
    names = _names(stack, [resource for resource, _, _ in found])
    return [
        Endpoint(names[resource.address], resource.path, tuple(interfaces), one_of_them)
        for resource, interfaces, one_of_them in found
    ]


def _names(stack: Stack, resources: list[Resource]) -> dict[str, str]:
    """The first of its short name, path and address that no other endpoint has, by address."""
    forms = {one.address: (_short(stack, one), one.path, one.address) for one in resources}
    taken = Counter(form for several in forms.values() for form in set(several))
    return {
        address: next((form for form in several if taken[form] == 1), address)
        for address, several in forms.items()
    }


def _short(stack: Stack, resource: Resource) -> str:
    """ "dev/web/instance", "aws_instance.web_instance" and "aws_instance.web" are all "web"."""
    if "/" in resource.path:
        return stack.label(resource)
    kind = resource.type.removeprefix("aws_")
    label = resource.address.partition(f"{resource.type}.")[2]
    module = resource.address.partition(f"{resource.type}.")[0]
    return module + (label.removesuffix(f"_{kind}") or label)


def _of_instance(stack: Stack, instance: Resource) -> Iterator[Interface]:
    held = elastic_addresses(stack)
    elastic, brought = held.get(instance.address), brings_interfaces(instance)
    if not brought:
        yield interface(stack, instance, stack.target(instance, "subnet_id"), elastic)
    for one in attached_interfaces(stack, instance):
        own = held.get(one.address) or (elastic if brought else None)
        yield interface(stack, one, stack.target(one, "subnet_id"), own)


def _of_balancer(stack: Stack, balancer: Resource) -> Iterator[Interface]:
    public = _OPPOSITE[answer(stack.value(balancer, "internal"))]
    mapped = [one.get("subnet_id") for one in balancer.blocks("subnet_mapping")]
    for named in [*each(balancer.values.get("subnets")), *mapped]:
        yield interface(stack, balancer, stack.pointed(named), public=public)


def _of_database(stack: Stack, database: Resource) -> Iterator[Interface]:
    public = answer(stack.value(database, "publicly_accessible"))
    group = _subnet_group(stack, database)
    subnets: list[Resource | None] = []
    if group is not None:
        subnets += stack.targets(group, "subnet_ids")
    for subnet in subnets or [None]:
        yield interface(stack, database, subnet, public=public)


def _subnet_group(stack: Stack, database: Resource) -> Resource | None:
    named = database.values.get("db_subnet_group_name")
    if isinstance(named, Reference):
        return stack.at(named.address)
    for group in stack.of("aws_db_subnet_group"):
        if group.values.get("name") == named and named is not None:
            return group
    return None


_OPPOSITE: Mapping[Answer, Answer] = {"yes": "no", "no": "yes", "unknown": "unknown"}
