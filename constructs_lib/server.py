"""An EC2 instance that is reached by Session Manager and configures itself from its user data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cdktf import TerraformResourceLifecycle
from constructs import Construct

from constructs_lib import aws
from constructs_lib.environment import Server as ServerSettings
from constructs_lib.iam import Statement, policy, trust
from constructs_lib.network import Subnet
from constructs_lib.userdata import UserData


class Server(Construct):
    """An instance with a role of its own, no key pair and no password.

    `depends_on` is what must stand before the first boot, which installs packages.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        name_prefix: str,
        permissions: Iterable[Statement],
        settings: ServerSettings,
        image_id: str,
        subnet: Subnet,
        security_group_id: str,
        user_data: UserData,
        depends_on: list[Any],
    ) -> None:
        super().__init__(scope, id_)
        tags = {"Name": name, "Role": id_, "Tier": subnet.tier}
        profile, allowed = self._instance_profile(f"{name_prefix}-{id_}", permissions)
        self.instance = aws.Instance(
            self,
            "instance",
            ami=image_id,
            instance_type=settings.instance_type,
            subnet_id=subnet.id,
            private_ip=str(settings.address),
            # In a public subnet its setting decides: asked for here as well, a stopped instance,
            # which has no public address, would have to be replaced.
            associate_public_ip_address=False if subnet.tier == "private" else None,
            vpc_security_group_ids=[security_group_id],
            iam_instance_profile=profile.name,
            ebs_optimized=True,
            metadata_options=aws.InstanceMetadataOptions(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
            ),
            root_block_device=aws.InstanceRootBlockDevice(
                encrypted=True,
                volume_type="gp3",
                volume_size=settings.root_volume_gib,
                tags={"Name": name, "Role": id_},
            ),
            user_data_base64=user_data.base64,
            user_data_replace_on_change=settings.on_user_data_change == "replace",
            tags=tags,
            lifecycle=TerraformResourceLifecycle(
                # Canonical publishes an image every few weeks; a new one is for the next instance.
                ignore_changes=["ami"]
                + (["user_data_base64"] if settings.on_user_data_change == "ignore" else [])
            ),
            depends_on=[*subnet.connectivity, allowed, *depends_on],
        )

    def _instance_profile(self, name: str, permissions: Iterable[Statement]) -> tuple[Any, Any]:
        """The profile, and what its role is allowed."""
        tags = {"Role": self.node.id}
        role = aws.IamRole(
            self, "role", name=name, assume_role_policy=trust("ec2.amazonaws.com"), tags=tags
        )
        allowed = aws.IamRolePolicy(
            self, "permissions", name="permissions", role=role.id, policy=policy(permissions)
        )
        profile = aws.IamInstanceProfile(
            self, "instance-profile", name=name, role=role.name, tags=tags
        )
        return profile, allowed
