"""IAM documents and names that several constructs write the same way. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True)
class Statement:
    """What is allowed: `actions` on `resources` (ARNs) under `condition` (by operator, by key)."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Mapping[str, Mapping[str, str | tuple[str, ...]]] = field(default_factory=dict)


def policy(statements: Iterable[Statement]) -> str:
    """The identity-based policy of the statements, as JSON."""
    return _document(
        {
            "Effect": "Allow",
            "Action": statement.actions,
            "Resource": statement.resources,
            **({"Condition": statement.condition} if statement.condition else {}),
        }
        for statement in statements
    )


def trust(service: str) -> str:
    """The trust policy of a role that an AWS service assumes, as JSON."""
    return _document(
        [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}]
    )


def _document(statements: Iterable[Mapping[str, object]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Partition(NamedTuple):
    """The first part of ARNs, and the end of service endpoints' names."""

    name: str
    dns_suffix: str


_PARTITIONS = {
    "cn-": Partition("aws-cn", "amazonaws.com.cn"),
    "eu-isoe-": Partition("aws-iso-e", "cloud.adc-e.uk"),
    "eusc-": Partition("aws-eusc", "amazonaws.eu"),
    "us-gov-": Partition("aws-us-gov", "amazonaws.com"),
    "us-iso-": Partition("aws-iso", "c2s.ic.gov"),
    "us-isob-": Partition("aws-iso-b", "sc2s.sgov.gov"),
    "us-isof-": Partition("aws-iso-f", "csp.hci.ic.gov"),
}
"""By the beginning of the region's name. Source: the endpoint rules of AWS's SDKs."""


def partition(region: str) -> Partition:
    """The partition of a region (AWS page "Amazon Resource Names")."""
    found = (each for start, each in _PARTITIONS.items() if region.startswith(start))
    return next(found, Partition("aws", "amazonaws.com"))
