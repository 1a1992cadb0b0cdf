"""A default VPC that the stack adopts: what AWS itself put there is nobody's addition."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from reachability.live import compare
from tests.reachability.live.applied import Applied


@pytest.fixture
def adopted(outdir: Path) -> Path:
    return outdir / "stacks" / "adopted" / "cdk.tf.json"


@pytest.fixture
def account(adopted: Path) -> Iterator[Applied]:
    with mock_aws():
        document = json.loads(adopted.read_text(encoding="utf-8"))
        yield Applied(boto3.client("ec2", region_name="us-east-1"), document)


def test_an_adopted_default_vpc_as_aws_makes_it_is_no_difference(
    account: Applied, adopted: Path
) -> None:
    found = compare(adopted)
    assert list(found.lines()) == []
    assert not found.differs


def test_a_route_added_to_the_main_table_of_the_default_vpc_is_named(
    account: Applied, adopted: Path
) -> None:
    (vpc,) = (id_ for key, id_ in account.ids.items() if key.startswith("data.aws_vpc."))
    (interface,) = account.ec2.describe_network_interfaces(
        Filters=[{"Name": "private-ip-address", "Values": ["172.31.24.139"]}]
    )["NetworkInterfaces"]
    (table,) = account.ec2.describe_route_tables(
        Filters=[
            {"Name": "vpc-id", "Values": [vpc]},
            {"Name": "association.main", "Values": ["true"]},
        ]
    )["RouteTables"]
    account.ec2.create_route(
        RouteTableId=table["RouteTableId"],
        DestinationCidrBlock="192.168.0.0/16",
        NetworkInterfaceId=interface["NetworkInterfaceId"],
    )
    (also,) = compare(adopted).also
    assert also.says.startswith("the main route table of management sends 192.168.0.0/16 to ")
    assert table["RouteTableId"] in also.element
