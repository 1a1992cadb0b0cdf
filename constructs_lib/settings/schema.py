"""The JSON schema of environment files, by which editors complete and check them."""

import json
from typing import Any

from constructs_lib.environment import EnvironmentFile

FILE = "environments/environment.schema.json"


def json_schema() -> dict[str, Any]:
    """What one file alone can be held to; how values relate is for `load` to say."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **EnvironmentFile.model_json_schema(),
    }


def rendered() -> str:
    """The schema file's text."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
