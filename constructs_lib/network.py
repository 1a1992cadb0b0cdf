"""What peering, security groups and servers need to know of a VPC, created or adopted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Any, Literal, Protocol

Tier = Literal["public", "private"]


@dataclass(frozen=True)
class Subnet:
    """A subnet as servers see it: `id` is a token, `zone` a zone's name.

    `connectivity` are the resources without which its hosts do not reach the internet.
    """

    id: str
    tier: Tier
    zone: str
    connectivity: list[Any] = field(default_factory=list)


class Network(Protocol):
    """A VPC; `id` and the values of `route_tables` (by a stable key) are tokens."""

    name: str
    id: str
    cidr: IPv4Network
    route_tables: Mapping[str, str]

    def subnet(self, tier: Tier, zone: str) -> Subnet:
        """The subnet of that tier in that zone."""
        ...
