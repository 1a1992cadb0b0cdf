"""Where Terraform keeps its state."""

from __future__ import annotations

from cdktf import LocalBackend, S3Backend, TerraformStack


def s3_backend(stack: TerraformStack, *, bucket: str, region: str, project: str) -> None:
    """State in S3, encrypted, locked by a lock file beside it (Terraform's S3 backend)."""
    S3Backend(
        stack,
        bucket=bucket,
        key=f"{project}/{stack.node.id}/terraform.tfstate",
        region=region,
        encrypt=True,
    )
    # cdktf 0.21 knows only locking by a DynamoDB table.
    stack.add_override("terraform.backend.s3.use_lockfile", True)


def local_backend(stack: TerraformStack) -> None:
    """State beside cdktf.json, as cdktf has it; relative, so that output is the same everywhere."""
    LocalBackend(stack, path=f"../../../terraform.{stack.node.id}.tfstate")
