"""What is added to an environment never renames or changes what stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.synthesised import DEV, by_path, stack, synthesise, user_data

FIRST_ZONE = "[application.zones.us-east-1a]"
ANOTHER_ZONE = """[application.zones.{zone}]
public_subnet = "10.0.11.0/24"
private_subnet = "10.0.12.0/24"
{nat}

"""


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`dev` with one thing more each: zones before and after its own, and operators."""
    dev = DEV.read_text(encoding="utf-8")

    def with_zone(zone: str, nat: str = "") -> str:
        return dev.replace(FIRST_ZONE, ANOTHER_ZONE.format(zone=zone, nat=nat) + FIRST_ZONE)

    operators = 'operators = ["203.0.113.0/24"]'
    assert operators in dev
    return synthesise(
        tmp_path_factory.mktemp("grown"),
        later=with_zone("us-east-1b"),
        shared=with_zone("us-east-1c", 'nat_gateway = "us-east-1a"'),
        wider=dev.replace(operators, 'operators = ["198.51.100.7/32", "203.0.113.0/24"]'),
    )


def of_environment(document: dict[str, Any], name: str) -> dict[str, str]:
    """Address to arguments as text, with the environment's own name taken out."""
    texts = {}
    for address, body in by_path(document).values():
        script = ""
        if "user_data_base64" in body:
            script = user_data(body).replace(f"HOST_ENVIRONMENT={name}\n", "")
            script = script.replace(f"-{name}-alarms", "-ENV-alarms")
            body = {**body, "user_data_base64": ""}
        texts[address] = re.sub(rf"\b{name}\b", "ENV", str(body)) + script
    return texts


@pytest.mark.parametrize(
    ("name", "added"),
    [
        ("later", {"aws_nat_gateway": 1, "aws_eip": 1, "aws_subnet": 2, "aws_route_table": 1}),
        ("shared", {"aws_nat_gateway": 0, "aws_eip": 0, "aws_subnet": 2, "aws_route_table": 1}),
    ],
)
def test_another_zone_changes_nothing_that_stands(
    dev: dict[str, Any], grown: Path, name: str, added: dict[str, int]
) -> None:
    before = of_environment(dev, "dev")
    after = of_environment(stack(grown, name), name)
    assert {address: after.get(address) for address in before} == before
    new = [address.partition(".")[0] for address in after.keys() - before.keys()]
    assert {type_: new.count(type_) for type_ in added} == added


def test_another_operator_changes_only_the_prefix_list(dev: dict[str, Any], grown: Path) -> None:
    before = of_environment(dev, "dev")
    after = of_environment(stack(grown, "wider"), "wider")
    assert before.keys() == after.keys()
    assert {address for address in before if before[address] != after[address]} == {
        "aws_ec2_managed_prefix_list.security-groups_operators"
    }


def test_names_are_construct_paths_without_hashes(dev: dict[str, Any]) -> None:
    for path, (address, _) in by_path(dev).items():
        assert address.partition(".")[2] == path.replace("/", "_")


def test_no_two_resources_share_a_name(dev: dict[str, Any]) -> None:
    paths = [
        body["//"]["metadata"]["path"]
        for named in dev["resource"].values()
        for body in named.values()
    ]
    assert len(paths) == len(set(paths))


def test_no_block_is_all_null(dev: dict[str, Any]) -> None:
    """cdktf turns a plain dict in a list of blocks into a block of nulls, in silence."""

    def blocks(value: Any) -> list[dict[str, Any]]:
        if isinstance(value, dict):
            nested = [block for item in value.values() for block in blocks(item)]
            return [value, *nested]
        if isinstance(value, list):
            return [block for item in value for block in blocks(item)]
        return []

    found = blocks(dev["resource"])
    assert len(found) > 87
    assert not [block for block in found if block and all(v is None for v in block.values())]
