"""The JSON schema that editors use agrees with what is loaded."""

import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from constructs_lib.settings import json_schema, load
from tests.settings.sample import SOUND, changed

REPOSITORY = Path(__file__).parents[2]


def errors(content: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(json_schema())
    return [error.message for error in validator.iter_errors(tomllib.loads(content))]


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("file", sorted((REPOSITORY / "environments").glob("*.toml")))
def test_an_environment_of_this_repository_loads_and_names_and_fits_the_schema(file: Path) -> None:
    load(file)
    content = file.read_text()
    assert content.startswith("#:schema environment.schema.json\n")
    assert errors(content) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('project = "microblog"\n', ""),
        ('project = "microblog"', 'porject = "microblog"'),
        ('operators = ["203.0.113.0/24"]', "operators = []"),
        ("flow_log_retention_days = 30", "flow_log_retention_days = 31"),
        ('vpc = "create"', 'vpc = "created"'),
        ("root_volume_gib = 32", "root_volume_gib = 7"),
        ("root_volume_gib = 32", 'root_volume_gib = "32"'),
        ("[servers.jenkins]", "[servers.jenkin]"),
    ],
)
def test_an_editor_marks_what_the_schema_can_know(old: str, new: str) -> None:
    assert errors(SOUND) == []
    assert errors(changed(old, new)) != []


def test_every_key_is_described() -> None:
    undescribed = [
        f"{name}.{key}"
        for name, table in tables().items()
        for key, value in table["properties"].items()
        if "description" not in value and "$ref" not in value
    ]
    assert undescribed == []


def test_no_table_takes_an_unknown_key() -> None:
    assert [name for name, one in tables().items() if one["additionalProperties"]] == []


def tables() -> dict[str, Any]:
    schema = json_schema()
    return {"": schema, **schema["$defs"]}
