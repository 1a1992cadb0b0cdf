"""The synthesised `dev`, applied to an emulated account in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.reachability.live.applied import Applied


@pytest.fixture(scope="session")
def dev_path(outdir: Path) -> Path:
    return outdir / "stacks" / "dev" / "cdk.tf.json"


@pytest.fixture(autouse=True)
def emulated_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here can reach a real account."""
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(key, "emulated")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture
def account(dev: dict[str, Any], emulated_keys: None) -> Iterator[Applied]:
    with mock_aws():
        yield Applied(boto3.client("ec2", region_name="us-east-1"), dev)
