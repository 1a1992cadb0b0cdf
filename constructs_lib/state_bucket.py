"""The bucket for Terraform's state, in a stack of its own."""

from __future__ import annotations

import json

from cdktf import TerraformOutput, TerraformResourceLifecycle
from constructs import Construct

from constructs_lib import aws
from constructs_lib.environment import STATE_SUFFIX, Environment
from constructs_lib.stack import EnvironmentStack

NONCURRENT_VERSION_DAYS = 90


class StateBucketStack(EnvironmentStack):
    """The environment's state bucket; its own state is local, as nothing else exists yet."""

    def __init__(self, scope: Construct, *, environment: Environment, bucket: str) -> None:
        super().__init__(
            scope,
            f"{environment.name}{STATE_SUFFIX}",
            environment=environment,
            role="state",
            local_state=True,
        )
        StateBucket(self, "state", name=bucket)
        TerraformOutput(self, "bucket", value=bucket)


class StateBucket(Construct):
    """A bucket for state: encrypted, versioned, private, by TLS only, and not to be destroyed."""

    def __init__(self, scope: Construct, id_: str, *, name: str) -> None:
        super().__init__(scope, id_)
        bucket = aws.S3Bucket(
            self,
            "bucket",
            bucket=name,
            tags={"Name": name},
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True),
        )
        private = aws.S3BucketPublicAccessBlock(
            self,
            "public-access-block",
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        aws.S3BucketOwnershipControls(
            self,
            "ownership-controls",
            bucket=bucket.id,
            rule=aws.S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
        )
        self._encrypt(bucket)
        self._keep_versions(bucket)
        aws.S3BucketPolicy(
            self, "policy", bucket=bucket.id, policy=_tls_only(bucket.arn), depends_on=[private]
        )

    def _encrypt(self, bucket: aws.S3Bucket) -> None:
        by_default = (
            aws.S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA
        )
        aws.S3BucketServerSideEncryptionConfigurationA(
            self,
            "encryption",
            bucket=bucket.id,
            rule=[
                aws.S3BucketServerSideEncryptionConfigurationRuleA(
                    apply_server_side_encryption_by_default=by_default(sse_algorithm="aws:kms"),
                    bucket_key_enabled=True,
                )
            ],
        )

    def _keep_versions(self, bucket: aws.S3Bucket) -> None:
        versioning = aws.S3BucketVersioningA(
            self,
            "versioning",
            bucket=bucket.id,
            versioning_configuration=aws.S3BucketVersioningVersioningConfiguration(
                status="Enabled"
            ),
        )
        aws.S3BucketLifecycleConfiguration(
            self,
            "lifecycle",
            bucket=bucket.id,
            rule=[
                aws.S3BucketLifecycleConfigurationRule(
                    id="expire-noncurrent-versions",
                    status="Enabled",
                    filter=[aws.S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    noncurrent_version_expiration=[
                        aws.S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
                            noncurrent_days=NONCURRENT_VERSION_DAYS
                        )
                    ],
                    abort_incomplete_multipart_upload=[
                        aws.S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                            days_after_initiation=7
                        )
                    ],
                )
            ],
            depends_on=[versioning],
        )


def _tls_only(bucket_arn: str) -> str:
    """Deny every request that does not come by TLS (AWS page "Security best practices for S3")."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "TlsOnly",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [bucket_arn, f"{bucket_arn}/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        }
    )
