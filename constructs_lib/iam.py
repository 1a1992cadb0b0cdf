"""IAM documents and names that several constructs write the same way. Pure."""

from __future__ import annotations

import json


def trust(service: str) -> str:
    """The trust policy of a role that an AWS service assumes, as JSON."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"Service": service},
                }
            ],
        }
    )


_PARTITIONS = {
    "cn-": "aws-cn",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
}
"""By the beginning of the region's name. Source: the endpoint rules of AWS's SDKs."""


def partition(region: str) -> str:
    """The first part of ARNs in a region (AWS page "Amazon Resource Names")."""
    return next((name for start, name in _PARTITIONS.items() if region.startswith(start)), "aws")
