"""The Terraform override that turns a synthesised stack to the emulated AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KEYS = {"access_key": "emulated", "secret_key": "emulated"}

_SKIPPED = {
    "skip_credentials_validation": True,
    "skip_metadata_api_check": True,
    "skip_region_validation": True,
}


def override(stack: Mapping[str, Any], state: str) -> dict[str, Any]:
    """For a parsed `cdk.tf.json`, whose local state goes to the path `state`.

    Where this AWS listens stands in AWS_ENDPOINT_URL alone: a saved plan holds the arguments of
    provider and backend, and may be applied when the port is another. Terraform merges the
    provider's block by argument and replaces a backend as a whole (its page "Override Files").
    """
    return {
        "provider": {
            "aws": [
                {
                    **KEYS,
                    **_SKIPPED,
                    "max_retries": 3,
                    "s3_use_path_style": True,
                }
            ]
        },
        "terraform": {"backend": _backend(stack["terraform"]["backend"], state)},
    }


def _backend(backend: Mapping[str, Any], state: str) -> dict[str, Any]:
    if "s3" not in backend:
        return {"local": {"path": state}}
    turned = {
        **KEYS,
        **_SKIPPED,
        "skip_s3_checksum": True,
        "use_path_style": True,
    }
    return {"s3": {**backend["s3"], **turned}}
