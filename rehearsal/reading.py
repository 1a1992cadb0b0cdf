"""Values of Terraform arguments that a rehearsal needs to know, or refuses by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network
from typing import Any

from reachability.stack import Reference, Resource, Stack, Unknown
from rehearsal.network import RehearsalError, Service

# IANA, "Protocol Numbers".
_PROTOCOLS = {"-1": "all", "6": "tcp", "17": "udp", "1": "icmp"}


def text(stack: Stack, resource: Resource, key: str) -> str:
    """A string that is known. Raises RehearsalError."""
    value = stack.value(resource, key)
    if not isinstance(value, str):
        raise RehearsalError(
            f"{resource.path}: {key} is known only after apply, so it cannot be rehearsed"
        )
    return value


def is_true(value: Any) -> bool:
    return str(value).lower() == "true"


def cidrs(
    stack: Stack, resource: Resource, written: Iterable[Any], lists: Iterable[Any]
) -> tuple[str, ...]:
    """The IPv4 ranges of CIDRs as written, and of prefix lists. Raises RehearsalError."""
    found: list[str] = []
    for one in map(stack.resolve, written):
        if isinstance(one, Reference | Unknown):
            raise RehearsalError(f"{resource.path}: {one} is known only after apply")
        found += [one] if is_ipv4(one) else []
    for one in lists:
        if one is not None:
            prefix_list = stack.pointed(one)
            if prefix_list is None or prefix_list.is_data:
                raise RehearsalError(f"{resource.path}: the prefix list {one} is not known")
            found += entries_of(stack, prefix_list)
    return tuple(found)


def prefix_lists(stack: Stack) -> dict[str, tuple[str, ...]]:
    """The ranges of each prefix list by its Role tag, else by the end of its path."""
    found = {}
    for one in stack.of("aws_ec2_managed_prefix_list"):
        own = one.values.get("tags")
        role = own.get("Role") if isinstance(own, Mapping) else None
        name = role if isinstance(role, str) else re.split(r"[/.]", one.path)[-1]
        found[name] = entries_of(stack, one)
    return found


def entries_of(stack: Stack, prefix_list: Resource) -> tuple[str, ...]:
    entries = [one.get("cidr") for one in prefix_list.blocks("entry")]
    entries += [
        one.values.get("cidr")
        for one in stack.of("aws_ec2_managed_prefix_list_entry")
        if stack.target(one, "prefix_list_id") is prefix_list
    ]
    return tuple(one for one in map(stack.resolve, entries) if is_ipv4(one))


def service(stack: Stack, resource: Resource, values: Mapping[str, Any], key: str) -> Service:
    """The protocol under `key` with its ports. Raises RehearsalError."""
    written = str(stack.resolve(values.get(key))).lower()
    protocol = _PROTOCOLS.get(written, written)
    if protocol not in ("tcp", "udp"):
        return Service(protocol, None)
    low, high = (stack.resolve(values.get(end)) for end in ("from_port", "to_port"))
    try:
        return Service(protocol, (int(str(low)), int(str(high))))
    except ValueError:
        raise RehearsalError(f"{resource.path}: its ports are known only after apply") from None


def is_ipv4(cidr: Any) -> bool:
    if not isinstance(cidr, str):
        return False
    try:
        IPv4Network(cidr, strict=False)
    except ValueError:
        return False
    return True
