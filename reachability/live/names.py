"""Which resource of a stack each one of an account is, so that both bear the same name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from reachability.stack import Resource, Stack

# Terraform's types for the same thing in AWS.
_SAME = {
    "aws_default_vpc": "aws_vpc",
    "aws_default_subnet": "aws_subnet",
    "aws_default_route_table": "aws_route_table",
    "aws_default_network_acl": "aws_network_acl",
    "aws_alb": "aws_lb",
}
# What identifies a resource, the surest first; the private address tells two of one name apart.
_KEYS = ("id", "tag:Name", "name", "identifier", "private_ip", "cidr_block", "default")


def named(found: Iterable[Resource], expected: Stack) -> Stack:
    """The account as a stack, its resources under the paths they have in the expected stack.

    What the stack has not got is called by its Name tag and its id.
    """
    live = list(found)
    paths = _counterparts(live, expected)
    resources = (
        replace(one, path=paths.get(one.address) or f"{expected.name}/{_called(one)}")
        for one in live
    )
    # Real ids throughout: in the shape of a plan over what exists.
    return Stack(expected.name, "plan", {one.address: one for one in resources})


def _counterparts(live: list[Resource], expected: Stack) -> dict[str, str]:
    paths: dict[str, str] = {}
    taken: set[str] = set()
    for key in _KEYS:
        here = _unique((one for one in live if one.address not in paths), key, None)
        there = _unique(
            (one for one in expected.resources.values() if one.path not in taken), key, expected
        )
        for identity in here.keys() & there.keys():
            paths[here[identity].address] = there[identity].path
            taken.add(there[identity].path)
    return paths


def _unique(
    resources: Iterable[Resource], key: str, stack: Stack | None
) -> Mapping[tuple[str, str], Resource]:
    """The resources by type and value of the key, those that share both with another left out."""
    pairs = [
        ((_SAME.get(one.type, one.type), value), one)
        for one in resources
        if (value := _value(one, key, stack))
    ]
    times = Counter(identity for identity, _ in pairs)
    return {identity: one for identity, one in pairs if times[identity] == 1}


def _value(resource: Resource, key: str, stack: Stack | None) -> str | None:
    if key.startswith("tag:"):
        return resource.tag(key.removeprefix("tag:"))
    value = stack.value(resource, key) if stack else resource.values.get(key)
    if key == "default":
        return "default" if value is True or resource.type == "aws_default_vpc" else None
    return value if isinstance(value, str) else None


def _called(resource: Resource) -> str:
    id_, name = str(resource.values["id"]), resource.tag("Name") or resource.values.get("name")
    if not isinstance(name, str) or not name:
        return id_
    return name if id_.startswith("arn:") else f"{name} ({id_})"
