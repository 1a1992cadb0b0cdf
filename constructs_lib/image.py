"""The machine image of every server."""

from __future__ import annotations

from constructs import Construct

from constructs_lib import aws

UBUNTU_24_04 = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
"""Canonical's public parameter (Ubuntu on AWS documentation, "Find Ubuntu images on AWS")."""


def image_id(scope: Construct, given: str | None) -> str:
    """The given image, or Ubuntu 24.04 LTS as Canonical publishes it, looked up at plan time."""
    if given:
        return given
    return str(aws.DataAwsSsmParameter(scope, "image", name=UBUNTU_24_04).insecure_value)
