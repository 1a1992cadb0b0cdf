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


def partition(region: str) -> str:
    """The first part of ARNs in a region (AWS page "Amazon Resource Names")."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
