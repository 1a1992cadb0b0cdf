"""What AWS's describe calls answer of a project's VPCs, as the plain dictionaries they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Described = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Account:
    """The answers, each under its own name in the EC2, ELBv2 and RDS API reference.

    `not_read` names what this endpoint did not answer, with its reason.
    """

    vpcs: Sequence[Described]
    subnets: Sequence[Described] = ()
    route_tables: Sequence[Described] = ()
    internet_gateways: Sequence[Described] = ()
    egress_only_gateways: Sequence[Described] = ()
    gateway_endpoints: Sequence[Described] = ()
    nat_gateways: Sequence[Described] = ()
    peerings: Sequence[Described] = ()
    network_acls: Sequence[Described] = ()
    groups: Sequence[Described] = ()
    rules: Sequence[Described] = ()
    prefix_lists: Sequence[Described] = ()
    interfaces: Sequence[Described] = ()
    instances: Sequence[Described] = ()
    addresses: Sequence[Described] = ()
    balancers: Sequence[Described] = ()
    databases: Sequence[Described] = ()
    not_read: Sequence[str] = field(default=())


def tags_of(described: Described) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in described.get("Tags") or ()}


def is_of_aws(prefix_list: Described) -> bool:
    """Whether the list is one of AWS's own, such as that of S3."""
    return prefix_list.get("OwnerId") == "AWS"
