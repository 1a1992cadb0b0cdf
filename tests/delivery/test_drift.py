"""Elastic IPs that somebody took and left: ours or nobody's, never another project's."""

from __future__ import annotations

from typing import Any

import pytest

from delivery.drift import idle_addresses, known_ids

OURS = {"Project": "microblog", "Environment": "dev"}


def address(**more: Any) -> dict[str, Any]:
    return {"PublicIp": "198.51.100.7", "AllocationId": "eipalloc-1", **more}


def tagged(**tags: str) -> dict[str, Any]:
    return address(Tags=[{"Key": key, "Value": value} for key, value in tags.items()])


class Ec2:
    def __init__(self, *addresses: dict[str, Any]) -> None:
        self.addresses = addresses

    def describe_addresses(self) -> dict[str, Any]:
        return {"Addresses": list(self.addresses)}


@pytest.mark.parametrize("one", [address(), tagged(**OURS), tagged(Project="microblog")])
def test_an_idle_address_of_ours_or_of_nobody_is_told(one: dict[str, Any]) -> None:
    assert list(idle_addresses(Ec2(one), OURS, frozenset())) == [
        "also there: Elastic IP 198.51.100.7 (eipalloc-1), attached to nothing; release it, "
        "or tag it with its Project"
    ]


@pytest.mark.parametrize(
    "one",
    [
        tagged(Project="another"),
        tagged(Project="microblog", Environment="prod"),
        address(AssociationId="eipassoc-1"),
    ],
)
def test_an_address_of_others_or_in_use_is_not(one: dict[str, Any]) -> None:
    assert list(idle_addresses(Ec2(one), OURS, frozenset())) == []


def test_an_address_that_terraform_made_is_not() -> None:
    resource = {"address": "aws_eip.x", "values": {"id": "eipalloc-1"}}
    known = known_ids({"prior_state": {"values": {"root_module": {"resources": [resource]}}}})
    assert list(idle_addresses(Ec2(address()), OURS, known)) == []
