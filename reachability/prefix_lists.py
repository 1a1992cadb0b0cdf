"""Prefix lists: the stack's own, with what they hold, and AWS's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reachability.intervals import PUBLIC, Addresses
from reachability.network import addresses
from reachability.stack import Reference, Resource, Stack


def public_lists(stack: Stack) -> dict[str, Addresses]:
    """The public addresses of each managed prefix list that holds some.

    By its own Role tag, which is the same in synthesised JSON, in a plan and in the account; else
    by the end of its path.
    """
    found: dict[str, Addresses] = {}
    for resource in stack.of("aws_ec2_managed_prefix_list"):
        held = held_by(stack, resource)
        if held is not None and held & PUBLIC:
            own = resource.values.get("tags")
            role = own.get("Role") if isinstance(own, Mapping) else None
            short = role if isinstance(role, str) else re.split(r"[/.]", resource.path)[-1]
            name = short if short not in found else resource.path
            found[name] = held & PUBLIC
    return found


def prefix_list_addresses(stack: Stack, named: Any) -> Addresses | None:
    """What a prefix list of this stack holds, or None when that cannot be told."""
    prefix_list = stack.pointed(named)
    if prefix_list is None or prefix_list.type != "aws_ec2_managed_prefix_list":
        return None
    return held_by(stack, prefix_list)


def is_of_aws(stack: Stack, named: Any) -> bool:
    """Whether a prefix list is one of AWS's own, such as that of S3.

    (Amazon VPC User Guide: "AWS-managed prefix lists".)
    """
    if isinstance(named, Reference) and named.attribute == "prefix_list_id":
        return (
            named.address.startswith("aws_vpc_endpoint.") or ".aws_vpc_endpoint." in named.address
        )
    found = stack.pointed(named)
    if found is None or not found.is_data:
        return False
    return found.type == "aws_prefix_list" or str(stack.value(found, "name")).startswith(
        "com.amazonaws."
    )


def name_at_aws(stack: Stack, named: Any) -> str | None:
    """What AWS calls a prefix list of its own: "com.amazonaws.us-east-1.s3"."""
    if not is_of_aws(stack, named):
        return None
    if isinstance(named, Reference) and named.attribute == "prefix_list_id":
        endpoint = stack.at(named.address)
        name = None if endpoint is None else stack.value(endpoint, "service_name")
    else:
        found = stack.pointed(named)
        name = None if found is None else stack.value(found, "name")
    return name if isinstance(name, str) else None


def held_by(stack: Stack, prefix_list: Resource) -> Addresses | None:
    """What a managed prefix list holds, or None when that cannot be told."""
    if prefix_list.is_data and not prefix_list.blocks("entries"):
        return None
    entries = [*prefix_list.blocks("entry"), *prefix_list.blocks("entries")]
    entries += [
        entry.values
        for entry in stack.of("aws_ec2_managed_prefix_list_entry")
        if stack.target(entry, "prefix_list_id") is prefix_list
    ]
    return addresses([stack.resolve(entry.get("cidr")) for entry in entries])
