"""The Terraform override that turns a synthesised stack to the emulated AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KEYS = {"access_key": "emulated", "secret_key": "emulated"}

_SERVICES = ("ec2", "iam", "kms", "logs", "s3", "s3control", "sns", "ssm", "sts")
"""Those of the resources in constructs_lib.aws; AWS_ENDPOINT_URL turns any other."""

_SKIPPED = {
    "skip_credentials_validation": True,
    "skip_metadata_api_check": True,
    "skip_region_validation": True,
}


def override(stack: Mapping[str, Any], endpoint: str, state: str) -> dict[str, Any]:
    """For a parsed `cdk.tf.json`, whose local state goes to the path `state`.

    Terraform merges the provider's block by argument and replaces a backend as a whole (its page
    "Override Files").
    """
    return {
        "provider": {
            "aws": [
                {
                    **KEYS,
                    **_SKIPPED,
                    "max_retries": 3,
                    "s3_use_path_style": True,
                    "endpoints": [dict.fromkeys(_SERVICES, endpoint)],
                }
            ]
        },
        "terraform": {"backend": _backend(stack["terraform"]["backend"], endpoint, state)},
    }


def _backend(backend: Mapping[str, Any], endpoint: str, state: str) -> dict[str, Any]:
    if "s3" not in backend:
        return {"local": {"path": state}}
    turned = {
        **KEYS,
        **_SKIPPED,
        "skip_s3_checksum": True,
        "use_path_style": True,
        "endpoints": {"s3": endpoint, "sts": endpoint, "iam": endpoint},
    }
    return {"s3": {**backend["s3"], **turned}}
