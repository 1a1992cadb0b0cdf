"""With a bucket named, Terraform's S3 backend keeps and locks the state on the emulated S3 too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from delivery import emulated
from delivery.emulated import EmulatedAws
from tests.conftest import BUCKET as CONFIGURED
from tests.delivery import applied
from tests.delivery.account import REGION

BUCKET = CONFIGURED.partition('"')[2].rstrip().rstrip('"')
KEY = "microblog/stored/terraform.tfstate"
# The provider waits a minute after a lifecycle configuration, whatever S3 answers.
WITHOUT_LIFECYCLE = [
    f"-target=aws_s3_bucket_{type_}.state_{name}"
    for type_, name in (
        ("ownership_controls", "ownership-controls"),
        ("policy", "policy"),
        ("server_side_encryption_configuration", "encryption"),
        ("versioning", "versioning"),
    )
]
SMALL = ("-target=aws_cloudwatch_log_group.flow-logs_management-log-group", "-no-color")


@pytest.fixture(scope="module")
def aws(outdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    """Where the bucket stands, made by its own stack."""
    with emulated.running("stored", home=tmp_path_factory.mktemp("stored")) as running:
        folder = applied.prepared(running, outdir / "stacks/stored-state/cdk.tf.json")
        applied.run(running, folder, "apply", "-auto-approve", *WITHOUT_LIFECYCLE, *applied.PLAIN)
        yield running


@pytest.fixture(scope="module")
def folder(aws: EmulatedAws, outdir: Path) -> Path:
    """The stack whose state goes into the bucket, with one resource of it applied."""
    prepared = applied.prepared(aws, outdir / "stacks/stored/cdk.tf.json")
    applied.run(aws, prepared, "apply", "-auto-approve", "-input=false", *SMALL)
    return prepared


def keys(aws: EmulatedAws) -> list[str]:
    listed = aws.client("s3", REGION).list_objects_v2(Bucket=BUCKET)
    return [one["Key"] for one in listed.get("Contents", ())]


def test_the_bucket_is_private_versioned_and_encrypted(aws: EmulatedAws) -> None:
    s3 = aws.client("s3", REGION)
    blocked = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert set(blocked.values()) == {True}
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    rules = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    (rule,) = [one["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] for one in rules]
    assert rule == "aws:kms"


def test_the_state_is_in_the_bucket_and_nowhere_else(aws: EmulatedAws, folder: Path) -> None:
    assert keys(aws) == [KEY]
    stored: dict[str, Any] = json.loads(
        aws.client("s3", REGION).get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    )
    managed = [one["type"] for one in stored["resources"] if one["mode"] == "managed"]
    assert managed == ["aws_cloudwatch_log_group"]
    assert not list(folder.glob("*.tfstate*"))


def test_a_lock_file_beside_it_refuses_the_second(aws: EmulatedAws, folder: Path) -> None:
    first = applied.start(aws, folder, "destroy", "-input=true", *SMALL)
    assert first.stdin is not None and first.stdout is not None
    for line in first.stdout:
        if "Only 'yes' will be accepted" in line:
            break
    assert sorted(keys(aws)) == [KEY, f"{KEY}.tflock"]
    second = applied.run(aws, folder, "apply", "-auto-approve", *SMALL, ok=(1,))
    first.communicate("no\n", timeout=60)
    assert "Error acquiring the state lock" in second
    assert "PreconditionFailed" in second
    assert keys(aws) == [KEY]


@pytest.mark.slow
def test_the_whole_stack_of_the_bucket_is_applied_at_once(outdir: Path, tmp_path: Path) -> None:
    with emulated.running("stored", home=tmp_path) as aws:
        folder = applied.prepared(aws, outdir / "stacks/stored-state/cdk.tf.json")
        applied.apply(aws, folder)
        assert applied.plan(aws, folder)[0] == 0
