"""A stack of one environment: provider, tags, state, and Terraform names that people can read."""

from __future__ import annotations

import re
from typing import Any

import jsii
from cdktf import TerraformStack
from constructs import Construct

from constructs_lib import aws
from constructs_lib.backend import local_backend, s3_backend
from constructs_lib.environment import Environment

PROVIDER_VERSIONS = ">= 5.100.0, < 7.0.0"
"""The bindings are typed against 6.25; this range is what is tested."""


class EnvironmentStack(TerraformStack):
    """`role` is the Role tag of what belongs to no server.

    State goes to the environment's bucket, or stays local where `local_state` asks for it.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: Environment,
        role: str,
        local_state: bool = False,
    ) -> None:
        super().__init__(scope, id_)
        aws.AwsProvider(
            self,
            "aws",
            region=environment.region,
            default_tags=[
                aws.AwsProviderDefaultTags(
                    tags={
                        "Project": environment.project,
                        "Environment": environment.name,
                        "Role": role,
                        "ManagedBy": "terraform",
                    }
                )
            ],
        )
        self.add_override("terraform.required_providers.aws.version", PROVIDER_VERSIONS)
        if environment.state is None or local_state:
            local_backend(self)
        else:
            s3_backend(
                self,
                bucket=environment.state.bucket,
                region=environment.region,
                project=environment.project,
            )

    @jsii.member(jsii_name="allocateLogicalId")
    def _allocate_logical_id(self, tf_element: Any) -> str:
        """The construct path as the Terraform name: stable, and without cdktf's hash."""
        path = str(tf_element.node.path).split("/")[1:]
        return "_".join(re.sub(r"[^A-Za-z0-9_-]", "-", part) for part in path)
