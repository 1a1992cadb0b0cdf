"""Who may do what in AWS: the exact set, written out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.synthesised import of_type

PARAMETER = "arn:aws:ssm:us-east-1:*:parameter/microblog/dev"
SNAPSHOTS = "arn:aws:ec2:us-east-1::snapshot/*"
KEYS = "arn:aws:kms:us-east-1:*:key/*"

EVERY_HOST = {
    ("ssm:UpdateInstanceInformation", "arn:aws:ec2:us-east-1:*:instance/*"),
    ("ssmmessages:CreateControlChannel", "*"),
    ("ssmmessages:CreateDataChannel", "*"),
    ("ssmmessages:OpenControlChannel", "*"),
    ("ssmmessages:OpenDataChannel", "*"),
    ("kms:Decrypt", KEYS),
}
EXPECTED = {
    "web": {
        ("ssm:PutParameter", f"{PARAMETER}/web/*"),
        ("ssm:DeleteParameter", f"{PARAMETER}/web/*"),
        ("ssm:GetParameters", f"{PARAMETER}/web/ssh_host_keys"),
        ("ssm:GetParameters", f"{PARAMETER}/web/certificate"),
        ("ssm:GetParameters", f"{PARAMETER}/web/certificate_key"),
        ("ssm:GetParameters", f"{PARAMETER}/jenkins/deploy_key"),
    },
    "app": {
        ("ssm:PutParameter", f"{PARAMETER}/app/*"),
        ("ssm:DeleteParameter", f"{PARAMETER}/app/*"),
        ("ssm:GetParameters", f"{PARAMETER}/jenkins/deploy_key"),
        ("ssm:GetParameters", f"{PARAMETER}/app/secret_key"),
        ("ssm:GetParameters", f"{PARAMETER}/app/ssh_host_keys"),
        ("ec2:CreateSnapshots", "arn:aws:ec2:us-east-1:*:instance/*"),
        ("ec2:CreateSnapshots", "arn:aws:ec2:us-east-1:*:volume/*"),
        ("ec2:CreateSnapshots", SNAPSHOTS),
        ("ec2:CreateTags", SNAPSHOTS),
        ("ec2:DeleteSnapshot", SNAPSHOTS),
        ("ec2:DescribeSnapshots", "*"),
    },
    "jenkins": {
        ("ssm:PutParameter", f"{PARAMETER}/jenkins/*"),
        ("ssm:DeleteParameter", f"{PARAMETER}/jenkins/*"),
        ("ssm:GetParameters", f"{PARAMETER}/web/ssh_host_keys"),
        ("ssm:GetParameters", f"{PARAMETER}/app/ssh_host_keys"),
        ("ssm:GetParameters", f"{PARAMETER}/jenkins/ssh_host_keys"),
        ("ssm:GetParameters", f"{PARAMETER}/jenkins/deploy_key"),
        ("ssm:GetParameters", f"{PARAMETER}/jenkins/admin_password"),
        ("ssm:GetParameters", f"{PARAMETER}/jenkins/nvd_api_key"),
    },
    "monitoring": {
        ("ssm:PutParameter", f"{PARAMETER}/monitoring/*"),
        ("ssm:DeleteParameter", f"{PARAMETER}/monitoring/*"),
        ("ssm:GetParameters", f"{PARAMETER}/monitoring/ssh_host_keys"),
        ("ssm:GetParameters", f"{PARAMETER}/monitoring/admin_password"),
        ("ec2:DescribeInstances", "*"),
        ("sns:Publish", "arn:aws:sns:us-east-1:*:microblog-dev-alarms"),
    },
}
"""By role: every (action, resource) there is."""


def policy_of(stack: dict[str, Any], role: str) -> list[dict[str, Any]]:
    document = json.loads(of_type(stack, "aws_iam_role_policy")[f"{role}/permissions"]["policy"])
    statements: list[dict[str, Any]] = document["Statement"]
    return statements


@pytest.mark.parametrize("role", EXPECTED)
def test_a_host_may_do_this_and_nothing_else(dev: dict[str, Any], role: str) -> None:
    statements = policy_of(dev, role)
    assert {statement["Effect"] for statement in statements} == {"Allow"}
    assert {
        (action, resource)
        for statement in statements
        for action in statement["Action"]
        for resource in statement["Resource"]
    } == EXPECTED[role] | EVERY_HOST


@pytest.mark.parametrize("role", EXPECTED)
def test_only_parameter_store_decrypts_and_only_what_the_host_may_read(
    dev: dict[str, Any], role: str
) -> None:
    (statement,) = (each for each in policy_of(dev, role) if each["Action"] == ["kms:Decrypt"])
    readable = {arn for action, arn in EXPECTED[role] if action == "ssm:GetParameters"}
    assert statement["Condition"]["StringEquals"] == {
        "kms:ViaService": "ssm.us-east-1.amazonaws.com"
    }
    (key,) = statement["Condition"]["StringLike"]
    assert key == "kms:EncryptionContext:PARAMETER_ARN"
    assert set(statement["Condition"]["StringLike"][key]) == readable


def test_there_is_no_other_way_to_a_permission(dev: dict[str, Any]) -> None:
    assert set(of_type(dev, "aws_iam_role_policy")) == {
        "flow-logs/write",
        *(f"{role}/permissions" for role in EXPECTED),
    }
    for other in ("aws_iam_role_policy_attachment", "aws_iam_policy", "aws_iam_policy_attachment"):
        assert other not in dev["resource"]
    for role in of_type(dev, "aws_iam_role").values():
        assert not {"managed_policy_arns", "inline_policy"} & role.keys()


def test_a_host_boots_only_when_it_has_its_permissions(dev: dict[str, Any]) -> None:
    for role in EXPECTED:
        instance = of_type(dev, "aws_instance")[f"{role}/instance"]
        assert f"aws_iam_role_policy.{role}_permissions" in instance["depends_on"]


def test_snapshots_are_of_this_environments_application_host_alone(dev: dict[str, Any]) -> None:
    tags = {"Project": "microblog", "Environment": "dev", "Role": "app"}
    conditions = {
        (action, resource.rpartition(":")[2]): each.get("Condition", {}).get("StringEquals")
        for each in policy_of(dev, "app")
        for action in each["Action"]
        for resource in each["Resource"]
        if action.startswith("ec2:")
    }
    of_own = {f"aws:ResourceTag/{key}": value for key, value in tags.items()}
    assert conditions == {
        ("ec2:CreateSnapshots", "instance/*"): of_own,
        ("ec2:CreateSnapshots", "volume/*"): None,
        ("ec2:CreateSnapshots", "snapshot/*"): {
            f"aws:RequestTag/{key}": value for key, value in tags.items()
        },
        ("ec2:CreateTags", "snapshot/*"): {"ec2:CreateAction": "CreateSnapshots"},
        ("ec2:DeleteSnapshot", "snapshot/*"): of_own,
        ("ec2:DescribeSnapshots", "*"): None,
    }
