"""What is AWS's own in an account, the same for every customer, is nobody's addition."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reachability.live import Comparison, compare
from tests.reachability.live.applied import Applied

S3 = "com.amazonaws.us-east-1.s3"
APP = "aws_security_group.security-groups_app"
APPLICATION = "aws_vpc.microblogVPC_vpc"
PRIVATE_TABLE = "aws_route_table.microblogVPC_private-us-east-1a_route-table"


def list_of_s3(account: Applied) -> str:
    lists = account.ec2.describe_managed_prefix_lists()["PrefixLists"]
    (found,) = (one["PrefixListId"] for one in lists if one["PrefixListName"] == S3)
    return str(found)


def let_out(account: Applied, prefix_list: str) -> None:
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    account.ec2.authorize_security_group_egress(
        GroupId=account.ids[APP],
        IpPermissions=[{**permission, "PrefixListIds": [{"PrefixListId": prefix_list}]}],
    )


def make_endpoint(account: Applied) -> str:
    made = account.ec2.create_vpc_endpoint(
        VpcId=account.ids[APPLICATION],
        ServiceName=S3,
        VpcEndpointType="Gateway",
        RouteTableIds=[account.ids[PRIVATE_TABLE]],
    )
    return str(made["VpcEndpoint"]["VpcEndpointId"])


ENDPOINT = {
    "aws_vpc_endpoint": {
        "s3": {
            "vpc_id": f"${{{APPLICATION}.id}}",
            "service_name": S3,
            "route_table_ids": [f"${{{PRIVATE_TABLE}.id}}"],
        }
    }
}


def rule(prefix_list: str) -> dict[str, Any]:
    return {
        "aws_vpc_security_group_egress_rule": {
            "to-s3": {
                "security_group_id": f"${{{APP}.id}}",
                "ip_protocol": "tcp",
                "from_port": 443,
                "to_port": 443,
                "prefix_list_id": prefix_list,
            }
        }
    }


def compared(
    folder: Path, dev: dict[str, Any], data: dict[str, Any], *more: dict[str, Any]
) -> Comparison:
    """The account against dev with more resources."""
    document = {**dev, "data": data, "resource": dict(dev["resource"])}
    for resources in more:
        for type_, bodies in resources.items():
            held = document["resource"].get(type_, {})
            document["resource"][type_] = {**held, **bodies}
    path = folder / "dev" / "cdk.tf.json"
    path.parent.mkdir()
    path.write_text(json.dumps(document), encoding="utf-8")
    return compare(path)


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({}, "the id"),
        (
            {"aws_ec2_managed_prefix_list": {"s3": {"name": S3}}},
            "${data.aws_ec2_managed_prefix_list.s3.id}",
        ),
        ({"aws_prefix_list": {"s3": {"name": S3}}}, "${data.aws_prefix_list.s3.id}"),
        ({}, "${aws_vpc_endpoint.s3.prefix_list_id}"),
    ],
)
def test_a_prefix_list_of_aws_is_the_same_however_the_stack_names_it(
    account: Applied, dev: dict[str, Any], tmp_path: Path, data: dict[str, Any], named: str
) -> None:
    s3 = list_of_s3(account)
    let_out(account, s3)
    make_endpoint(account)
    found = compared(tmp_path, dev, data, ENDPOINT, rule(s3 if named == "the id" else named))
    assert list(found.lines()) == []


def test_a_rule_to_a_prefix_list_of_aws_that_nobody_wrote_is_named(
    account: Applied, dev_path: Path
) -> None:
    let_out(account, list_of_s3(account))
    (also,) = compare(dev_path).also
    assert also.says == f"security group security-groups/app lets out tcp 443 to prefix list {S3}"


def test_a_gateway_endpoint_made_by_hand_is_named(account: Applied, dev_path: Path) -> None:
    made = make_endpoint(account)
    found = compare(dev_path)
    (also,) = found.also
    assert also.says == (
        f"route table microblogVPC/private-us-east-1a sends {S3} to a gateway endpoint"
    )
    assert also.element == f"gateway endpoint {made}"
    assert found.changes == ()


def test_a_gateway_endpoint_taken_from_a_table_is_gone(
    account: Applied, dev: dict[str, Any], tmp_path: Path
) -> None:
    found = compared(tmp_path, dev, {}, ENDPOINT)
    assert [one.says for one in found.gone] == [
        f"route table microblogVPC/private-us-east-1a sends {S3} to a gateway endpoint"
    ]
