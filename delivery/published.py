"""What the hosts of an environment publish in Parameter Store, beside what Terraform makes."""

from __future__ import annotations

from typing import Any


def names(ssm: Any, path: str) -> list[str]:
    """Every parameter below the path."""
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
    return [one["Name"] for page in pages for one in page["Parameters"]]


def forget(ssm: Any, path: str) -> None:
    """Delete every parameter below the path."""
    found = names(ssm, path)
    # AWS Systems Manager API Reference, "DeleteParameters": at most ten names.
    for start in range(0, len(found), 10):
        ssm.delete_parameters(Names=found[start : start + 10])
