"""What stands in the account and not in the state is found, whatever the state has lost."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.errors import RunError
from delivery import adoption, emulated
from delivery.emulated import EmulatedAws
from delivery.orphans import find
from tests.delivery.account import REGION
from tests.delivery.applied import Applied

AGAIN = {
    "aws_default_security_group",
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "aws_sns_topic",
    "aws_vpc_peering_connection_options",
}
"""What can be made again over what stands."""


@pytest.fixture(scope="module")
def aws(applied_dev: Applied) -> Iterator[EmulatedAws]:
    with applied_dev.running() as running:
        yield running


@pytest.fixture(scope="module")
def document(applied_dev: Applied) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(applied_dev.file.read_text(encoding="utf-8"))
    return parsed


@pytest.fixture(scope="module")
def state(applied_dev: Applied) -> dict[str, dict[str, Any]]:
    """Address to attributes, as Terraform wrote them."""
    file = applied_dev.pristine / "dev/stacks/dev/terraform.tfstate"
    return {
        f"{one['type']}.{one['name']}": one["instances"][0]["attributes"]
        for one in json.loads(file.read_text(encoding="utf-8"))["resources"]
        if one["mode"] == "managed"
    }


def found(
    aws: EmulatedAws, document: dict[str, Any], known: dict[str, dict[str, Any]]
) -> dict[str, str]:
    ids = {address: attributes["id"] for address, attributes in known.items()}
    return dict(find(document, ids, lambda service: aws.client(service, REGION)))


def import_id(address: str, attributes: dict[str, Any]) -> str:
    """Provider documentation, section "Import" of each resource."""
    if address.startswith("aws_route."):
        return f"{attributes['route_table_id']}_{attributes['destination_cidr_block']}"
    if address.startswith("aws_route_table_association."):
        return f"{attributes['subnet_id']}/{attributes['route_table_id']}"
    return str(attributes["id"])


def test_nothing_is_found_where_the_state_has_everything(
    aws: EmulatedAws, document: dict[str, Any], state: dict[str, dict[str, Any]]
) -> None:
    assert found(aws, document, state) == {}


def test_nothing_is_found_where_nothing_stands(tmp_path: Path, document: dict[str, Any]) -> None:
    with emulated.running("empty", home=tmp_path) as empty:
        assert found(empty, document, {}) == {}


def test_a_group_that_was_not_finished_is_closed(tmp_path: Path) -> None:
    with emulated.running("empty", home=tmp_path) as empty:
        ec2 = empty.client("ec2", REGION)
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        made = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
        filters = [{"Name": "group-id", "Values": [made]}]
        kept = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
        ec2.authorize_security_group_egress(
            GroupId=made, IpPermissions=[{**kept, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        )
        for _ in range(2):
            adoption.close(ec2, made)
            rules = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
            assert [(one["IpProtocol"], one["FromPort"]) for one in rules] == [("tcp", 443)]


def test_everything_is_found_where_the_state_is_lost(
    aws: EmulatedAws, document: dict[str, Any], state: dict[str, dict[str, Any]]
) -> None:
    assert found(aws, document, {}) == {
        address: import_id(address, attributes)
        for address, attributes in state.items()
        if address.partition(".")[0] not in AGAIN
    }


def test_what_is_lost_is_found_and_nothing_else(
    aws: EmulatedAws, document: dict[str, Any], state: dict[str, dict[str, Any]]
) -> None:
    chosen = random.Random(4)
    for _ in range(3):
        lost = set(chosen.sample(sorted(state), 12))
        kept = {address: one for address, one in state.items() if address not in lost}
        assert found(aws, document, kept) == {
            address: import_id(address, state[address])
            for address in lost
            if address.partition(".")[0] not in AGAIN
        }


def test_a_thing_of_another_environment_is_not_taken(
    aws: EmulatedAws, document: dict[str, Any]
) -> None:
    other = json.loads(json.dumps(document))
    other["provider"]["aws"][0]["default_tags"][0]["tags"]["Environment"] = "prod"
    assert found(aws, other, {}) == {}


def test_two_that_could_be_the_same_are_refused(
    aws: EmulatedAws, document: dict[str, Any], state: dict[str, dict[str, Any]]
) -> None:
    (address,) = [one for one in state if one.startswith("aws_eip.")]
    tags = [{"Key": key, "Value": value} for key, value in state[address]["tags_all"].items()]
    ec2 = aws.client("ec2", REGION)
    made = [
        ec2.allocate_address(
            Domain="vpc", TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": tags}]
        )["AllocationId"]
        for _ in range(2)
    ]
    kept = {name: one for name, one in state.items() if name != address}
    ids = " and ".join(sorted([*made, state[address]["id"]]))
    with pytest.raises(RunError, match=f"{address}: {ids} could be it; delete all but one"):
        found(aws, document, kept)
    for one in made:
        ec2.release_address(AllocationId=one)
