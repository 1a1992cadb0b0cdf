"""Names of IAM that depend on the region's partition (AWS page "Amazon Resource Names")."""

import json

import pytest

from constructs_lib.iam import partition, trust


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("us-east-1", "aws"),
        ("eu-central-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_a_regions_partition(region: str, expected: str) -> None:
    assert partition(region) == expected


def test_a_trust_policy_lets_one_service_assume_the_role() -> None:
    (statement,) = json.loads(trust("ec2.amazonaws.com"))["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "ec2.amazonaws.com"},
    }
