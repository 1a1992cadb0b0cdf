"""Flow logs of VPCs to CloudWatch Logs: who spoke to whom, accepted and rejected alike."""

from __future__ import annotations

from collections.abc import Iterable

from constructs import Construct

from constructs_lib import aws
from constructs_lib.iam import Statement, partition, policy, trust
from constructs_lib.network import Network


class FlowLogs(Construct):
    """One log group a VPC, kept for `retention_days`, written through one role.

    The role may write these log groups and no others, and look at all, as the AWS page "IAM role
    for publishing flow logs to CloudWatch Logs" has it; less CreateLogGroup, which would bring a
    deleted group back without its retention.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name_prefix: str,
        region: str,
        networks: Iterable[Network],
        retention_days: int,
    ) -> None:
        super().__init__(scope, id_)
        groups = {
            network.name: aws.CloudwatchLogGroup(
                self,
                f"{network.name}-log-group",
                name=f"/{name_prefix}/{network.name}/flow-logs",
                retention_in_days=retention_days,
            )
            for network in networks
        }
        role = aws.IamRole(
            self,
            "role",
            name=f"{name_prefix}-flow-logs",
            assume_role_policy=trust("vpc-flow-logs.amazonaws.com"),
        )
        aws.IamRolePolicy(
            self,
            "write",
            name="write-flow-logs",
            role=role.id,
            policy=policy(
                [
                    Statement(
                        actions=(
                            "logs:CreateLogStream",
                            "logs:DescribeLogStreams",
                            "logs:PutLogEvents",
                        ),
                        resources=tuple(f"{group.arn}:*" for group in groups.values()),
                    ),
                    Statement(
                        actions=("logs:DescribeLogGroups",),
                        resources=(f"arn:{partition(region).name}:logs:{region}:*:log-group:*",),
                    ),
                ]
            ),
        )
        for network in networks:
            aws.FlowLog(
                self,
                f"{network.name}-flow-log",
                vpc_id=network.id,
                traffic_type="ALL",
                log_destination=groups[network.name].arn,
                iam_role_arn=role.arn,
                tags={"Name": f"{network.name}-flow-log"},
            )
