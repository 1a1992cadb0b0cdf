"""Environment files: read, judged, and returned as typed values."""

import json
import stat
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from constructs_lib import explanations, generated, topology
from constructs_lib.environment import (
    Application,
    ApplicationZone,
    Environment,
    EnvironmentFile,
    Management,
    ManagementZone,
    Microblog,
    Server,
    Servers,
    State,
)
from constructs_lib.problems import (
    ConfigurationError,
    Problem,
    abbreviated,
    dotted,
    literal,
    nearest,
)

__all__ = [
    "Application",
    "ApplicationZone",
    "ConfigurationError",
    "Environment",
    "Management",
    "ManagementZone",
    "Microblog",
    "Problem",
    "Server",
    "Servers",
    "State",
    "json_schema",
    "load",
    "load_all",
]

SCHEMA_FILE = "environments/environment.schema.json"

_LARGEST_FILE = 32 * 1024
"""Bytes; the file of `dev` has about 2,000."""


def load(path: Path) -> Environment:
    """The environment in the file; `ConfigurationError` with every problem of it."""
    file = str(path)
    document = _parse(file, _read(path))
    problems: list[Problem] = []
    environment = None
    if "name" in document:
        value = literal(document["name"])
        problems.append(Problem(file, "name", value, "is said by the file's name", "remove it"))
    try:
        environment = Environment.model_validate({**document, "name": path.stem})
    except ValidationError as error:
        problems += explanations.problems(file, error)
    problems += [
        Problem(file, dotted(found.field), _written(document, found.field), found.reason, found.fix)
        for found in topology.findings(document)
    ]
    if problems or environment is None:
        raise ConfigurationError(problems)
    return environment


def load_all(folder: Path, names: Sequence[str] = ()) -> list[Environment]:
    """The environments of the folder, or those named, sorted by name.

    `ConfigurationError` with every problem of every file.
    """
    files = _files(folder)
    unknown = [name for name in names if name not in files]
    if unknown:
        raise ConfigurationError(_unknown(folder, name, files) for name in unknown)
    environments: list[Environment] = []
    problems: list[Problem] = []
    for name in sorted(set(names) or files):
        try:
            environments.append(load(files[name]))
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        raise ConfigurationError(problems)
    return environments


def json_schema() -> dict[str, Any]:
    """The JSON schema of an environment file, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **EnvironmentFile.model_json_schema(),
    }


def _files(folder: Path) -> dict[str, Path]:
    try:
        files = [path for path in folder.iterdir() if path.suffix == ".toml"]
    except OSError as error:
        raise _unusable(folder, error.strerror or "", "name a folder of environments") from None
    found = {path.stem: path for path in sorted(files) if not path.name.startswith(".")}
    if not found:
        raise _unusable(folder, "holds no environment", "write one, such as dev.toml")
    return found


def _unknown(folder: Path, name: str, known: dict[str, Path]) -> Problem:
    meant = nearest(name, known)
    fix = f"did you mean {meant}?" if meant else f"known: {', '.join(known)}"
    return Problem(str(folder), "", None, f"holds no environment {literal(name)}", fix)


def _unusable(path: Path, reason: str, fix: str) -> ConfigurationError:
    return ConfigurationError([Problem(str(path), "", None, reason, fix)])


def _read(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise _unusable(path, "is a folder", "put a file in its place")
        if not stat.S_ISREG(mode):
            raise _unusable(path, "is no regular file", "put a file in its place")
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise _unusable(path, f"cannot be read ({why})", "check its path and mode") from None
    if len(content) > _LARGEST_FILE:
        fix = "keep only what differs between environments"
        raise _unusable(path, f"is larger than {_LARGEST_FILE} bytes", fix)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"is not UTF-8 (byte 0x{content[error.start]:02x} in line {line})"
        raise _unusable(path, reason, "save it as UTF-8") from None
    if not text.strip():
        raise _unusable(path, "is empty", "begin with a copy of dev.toml")
    return text


def _parse(file: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        told, _, place = str(error).removesuffix(")").rpartition(" (at ")
        fix = "write key = value, text in quotes, each key once"
        problem = Problem(file, place, None, f"broken TOML: {abbreviated(told)}", fix)
    except (ValueError, RecursionError):  # an integer of thousands of digits is a ValueError
        fix = "write it as dev.toml is written"
        problem = Problem(file, "", None, "holds a number or a nesting beyond all measure", fix)
    raise ConfigurationError([problem]) from None


def _written(document: dict[str, Any], field: topology.Field) -> str | None:
    """The value at a field, unless a table."""
    value: Any = document
    for key in field:
        value = value[key]
    return None if isinstance(value, dict) else literal(value)


if __name__ == "__main__":
    content = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    raise SystemExit(generated.keep(SCHEMA_FILE, content))
