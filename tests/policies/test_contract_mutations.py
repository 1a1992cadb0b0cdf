"""The contract refuses exactly those edits of `dev` that change who reaches whom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reachability import contract, terraform
from reachability.matrix import Matrix, matrix
from reachability.model import Topology
from tests.policies.contract_mutations import applied, combinations, mutations
from tests.synthesised import ROOT

CONTRACT = contract.read(ROOT / "policies" / "exposure.toml")


def judged(document: dict[str, Any]) -> tuple[dict[Any, Any], tuple[contract.Difference, ...]]:
    """What is open by pair, in full, and how that differs from the contract."""
    found = matrix(Topology.of(terraform.parse(document, Path("stacks/dev/cdk.tf.json"))))
    return opened(found), contract.differences(found, CONTRACT)


def opened(found: Matrix) -> dict[Any, Any]:
    return {
        (source, destination): (dict(cell.ports), dict(cell.parts))
        for source, destination, cell in found.pairs()
    }


def test_dev_keeps_the_contract(dev: dict[str, Any]) -> None:
    assert judged(dev)[1] == ()


def test_single_edits_are_many(dev: dict[str, Any]) -> None:
    names = [name for name, _ in mutations(dev)]
    assert len(set(names)) == len(names) >= 200


def survivors(dev: dict[str, Any], edits: list[Any]) -> tuple[list[str], list[str], list[str]]:
    """The names of edits that were refused, that change nothing, and that slipped through."""
    before = opened(matrix(Topology.of(terraform.parse(dev, Path("stacks/dev/cdk.tf.json")))))
    refused, harmless, missed = [], [], []
    for name, edit in edits:
        changed = applied(dev, edit)
        if changed is None:
            continue
        after, differences = judged(changed)
        if differences and after == before:
            missed.append(f"refused, though it changes nothing: {name}")
        elif differences:
            refused.append(name)
        elif after == before:
            harmless.append(name)
        else:
            missed.append(f"let through: {name}")
    return refused, harmless, missed


def test_what_changes_reachability_is_refused_and_nothing_else(dev: dict[str, Any]) -> None:
    refused, harmless, missed = survivors(dev, list(mutations(dev)))
    assert missed == []
    assert len(refused) >= 200
    print(f"{len(refused)} refused; changed nothing: {'; '.join(harmless)}")


@pytest.mark.parametrize("count", [60, pytest.param(2000, marks=pytest.mark.slow)])
def test_combinations_too(dev: dict[str, Any], count: int) -> None:
    refused, _, missed = survivors(dev, list(combinations(dev, count, seed=3)))
    assert missed == []
    assert len(refused) > count / 2


def test_who_the_operators_are_is_the_environments_word(dev: dict[str, Any]) -> None:
    """The contract names them; their addresses are judged where environment files are read."""
    (operators,) = dev["resource"]["aws_ec2_managed_prefix_list"]
    changed = applied(
        dev,
        lambda document: document["resource"]["aws_ec2_managed_prefix_list"][operators].update(
            entry=[{"cidr": "198.51.100.0/24"}]
        ),
    )
    assert changed is not None
    assert judged(changed)[1] == ()


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            "drop peering_management-public-to-microblogVPC",
            "promised but not reachable: jenkins to web:22/tcp",
        ),
        (
            "drop peering_microblogVPC-private-us-east-1a-to-management",
            "promised but not reachable: monitoring to app:9100, 9102/tcp",
        ),
        (
            "drop microblogVPC_private-us-east-1a_default-route",
            "promised but not reachable: app to internet:80, 443/tcp",
        ),
        (
            "security-groups_ingress_operators-to-jenkins-tcp-8080 for everyone",
            "exposed but not promised: internet to jenkins:8080/tcp",
        ),
        (
            "flip microblogVPC_public-us-east-1a_subnet",
            "promised but not reachable: internet to web:80/tcp",
        ),
    ],
)
def test_what_an_edit_does_is_said(dev: dict[str, Any], edit: str, expected: str) -> None:
    changed = applied(dev, dict(mutations(dev))[edit])
    assert changed is not None
    assert expected in [str(one) for one in judged(changed)[1]]
