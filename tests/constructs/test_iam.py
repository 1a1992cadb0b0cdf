"""Names of IAM that depend on the region's partition (AWS page "Amazon Resource Names")."""

import json
import re
from pathlib import Path

import botocore
import pytest

from constructs_lib.iam import Statement, partition, policy, trust

KNOWN = {
    each["id"]: (re.compile(each["regionRegex"]), each["outputs"]["dnsSuffix"])
    for each in json.loads(
        (Path(botocore.__file__).parent / "data" / "partitions.json").read_text()
    )["partitions"]
}


@pytest.mark.parametrize(
    "region",
    [
        "us-east-1",
        "eu-central-1",
        "cn-north-1",
        "us-gov-west-1",
        "us-iso-east-1",
        "us-isob-east-1",
        "us-isof-south-1",
        "eu-isoe-west-1",
    ],
)
def test_a_regions_partition_is_the_one_that_botocore_knows(region: str) -> None:
    (expected,) = (name for name, (pattern, _) in KNOWN.items() if pattern.match(region))
    assert partition(region) == (expected, KNOWN[expected][1])


def test_the_european_sovereign_cloud_is_a_partition_too() -> None:
    assert partition("eusc-de-east-1") == ("aws-eusc", "amazonaws.eu")


def test_a_trust_policy_lets_one_service_assume_the_role() -> None:
    (statement,) = json.loads(trust("ec2.amazonaws.com"))["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "ec2.amazonaws.com"},
    }


def test_a_policy_allows_its_statements_and_names_a_condition_only_where_there_is_one() -> None:
    condition = {"StringEquals": {"kms:ViaService": "ssm"}}
    document = json.loads(
        policy([Statement(("a:B",), ("*",)), Statement(("c:D", "c:E"), ("x", "y"), condition)])
    )
    assert document == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["a:B"], "Resource": ["*"]},
            {
                "Effect": "Allow",
                "Action": ["c:D", "c:E"],
                "Resource": ["x", "y"],
                "Condition": condition,
            },
        ],
    }
