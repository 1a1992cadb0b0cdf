"""What each host may do in AWS: one table of statements. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from constructs_lib.environment import Environment
from constructs_lib.iam import Statement, partition

READS: Mapping[str, tuple[str, ...]] = {
    "web": (
        "web/ssh_host_keys",
        "web/certificate",
        "web/certificate_key",
        "jenkins/deploy_key",
    ),
    "app": ("app/ssh_host_keys", "app/secret_key", "jenkins/deploy_key"),
    "jenkins": (
        "jenkins/ssh_host_keys",
        "jenkins/deploy_key",
        "jenkins/admin_password",
        "jenkins/nvd_api_key",
        "web/ssh_host_keys",
        "app/ssh_host_keys",
    ),
    "monitoring": ("monitoring/ssh_host_keys", "monitoring/admin_password"),
}
"""The parameters that a role reads, below the environment's path; it writes below its own."""

# Not the managed policy AmazonSSMManagedInstanceCore, which also reads every parameter of the
# account (AWS pages "AWS managed policies for Systems Manager" and, for these actions, "Add
# Session Manager permissions to an existing IAM role"). None of them is about a resource.
_SESSION_MANAGER = Statement(
    actions=(
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ),
    resources=("*",),
)


def statements(environment: Environment, role: str) -> tuple[Statement, ...]:
    """Everything that the host of `role` is allowed."""
    read = tuple(_parameter(environment, name) for name in READS[role])
    return (
        _SESSION_MANAGER,
        Statement(actions=("ssm:UpdateInstanceInformation",), resources=(_instances(environment),)),
        Statement(
            actions=("ssm:PutParameter", "ssm:DeleteParameter"),
            resources=(_parameter(environment, f"{role}/*"),),
        ),
        Statement(actions=("ssm:GetParameters",), resources=read),
        _decrypt(environment, read),
        *(_monitoring(environment) if role == "monitoring" else ()),
        *(_backups(environment) if role == "app" else ()),
    )


def _monitoring(environment: Environment) -> tuple[Statement, ...]:
    region = environment.region
    topic = f"arn:{partition(region).name}:sns:{region}:*:{environment.alarm_topic}"
    return (
        # DescribeInstances cannot be narrowed to resources (Service Authorization Reference, EC2).
        Statement(actions=("ec2:DescribeInstances",), resources=("*",)),
        Statement(actions=("sns:Publish",), resources=(topic,)),
    )


def _backups(environment: Environment) -> tuple[Statement, ...]:
    """Snapshots of its own disks, and to drop them again (Service Authorization Reference, EC2)."""
    region = environment.region
    prefix = f"arn:{partition(region).name}:ec2:{region}"
    own = {"Project": environment.project, "Environment": environment.name, "Role": "app"}
    of_own = {"StringEquals": {f"aws:ResourceTag/{key}": value for key, value in own.items()}}
    as_own = {"StringEquals": {f"aws:RequestTag/{key}": value for key, value in own.items()}}
    create, snapshots = ("ec2:CreateSnapshots",), (f"{prefix}::snapshot/*",)
    return (
        Statement(actions=create, resources=(f"{prefix}:*:instance/*",), condition=of_own),
        # Of that instance alone: its disks bear no tag of the environment.
        Statement(actions=create, resources=(f"{prefix}:*:volume/*",)),
        Statement(actions=create, resources=snapshots, condition=as_own),
        Statement(
            actions=("ec2:CreateTags",),
            resources=snapshots,
            condition={"StringEquals": {"ec2:CreateAction": "CreateSnapshots"}},
        ),
        Statement(actions=("ec2:DeleteSnapshot",), resources=snapshots, condition=of_own),
        Statement(actions=("ec2:DescribeSnapshots",), resources=("*",)),
    )


def _decrypt(environment: Environment, parameters: tuple[str, ...]) -> Statement:
    """Parameter Store may decrypt these for the host, whatever key an operator chose for them
    (AWS page "AWS KMS encryption for AWS Systems Manager Parameter Store SecureString")."""
    region = environment.region
    return Statement(
        actions=("kms:Decrypt",),
        resources=(f"arn:{partition(region).name}:kms:{region}:*:key/*",),
        condition={
            "StringEquals": {"kms:ViaService": f"ssm.{region}.amazonaws.com"},
            "StringLike": {"kms:EncryptionContext:PARAMETER_ARN": parameters},
        },
    )


def _instances(environment: Environment) -> str:
    """ARN of every instance: which one it is to be is not known before it is made."""
    region = environment.region
    return f"arn:{partition(region).name}:ec2:{region}:*:instance/*"


def _parameter(environment: Environment, name: str) -> str:
    """ARN. The account is left open: its number is not known before a plan, and a role can do
    nothing in another account that did not let it in."""
    region = environment.region
    path = f"{environment.project}/{environment.name}/{name}"
    return f"arn:{partition(region).name}:ssm:{region}:*:parameter/{path}"
