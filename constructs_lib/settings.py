"""Environment files: read, judged, and returned as typed values."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

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
from constructs_lib.problems import ConfigurationError, Problem, dotted, literal

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

_LARGEST_FILE = 64 * 1024
"""Bytes; a sound environment file has about 2,000."""


def load(path: Path) -> Environment:
    """The environment in the file; `ConfigurationError` with every problem of it."""
    document = _parse(str(path), _read(path))
    try:
        return Environment.model_validate({**document, "name": path.stem})
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise ConfigurationError(_problem(str(path), detail) for detail in details) from None


def load_all(folder: Path, names: Sequence[str] = ()) -> list[Environment]:
    """The environments of the folder, or those named, sorted by name."""
    try:
        files = {path.stem: path for path in sorted(folder.iterdir()) if path.suffix == ".toml"}
    except OSError as error:
        raise _file_error(str(folder), f"cannot be read ({error.strerror})") from None
    if not files:
        raise _file_error(str(folder), "holds no environment", "write one, such as dev.toml")
    return [load(files[name]) for name in sorted(set(names) or files)]


def json_schema() -> dict[str, Any]:
    """The JSON schema of an environment file, for editors."""
    return EnvironmentFile.model_json_schema()


def _file_error(file: str, reason: str, fix: str = "") -> ConfigurationError:
    return ConfigurationError([Problem(file, "", None, reason, fix)])


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise _file_error(str(path), f"cannot be read ({error.strerror})") from None


def _parse(file: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _file_error(file, f"is broken TOML: {error}") from None


def _problem(file: str, detail: ErrorDetails) -> Problem:
    context = detail.get("ctx", {})
    reason, fix = context.get("reason", detail["msg"]), context.get("fix", "")
    return Problem(file, dotted(detail["loc"]), literal(detail["input"]), reason, fix)
