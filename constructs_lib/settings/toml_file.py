"""A TOML file that a person wrote, read without a surprise."""

import stat
import tomllib
from pathlib import Path
from typing import Any

from constructs_lib.problems import ConfigurationError, Problem, abbreviated

_LARGEST = 16 * 1024
"""Bytes; the file of `dev` has about 2,000."""


def read(path: Path) -> dict[str, Any]:
    """The file's document; `ConfigurationError` with one problem where it is none."""
    return _parsed(path, _decoded(path, _content(path)))


def unusable(path: Path, reason: str, fix: str, place: str = "") -> ConfigurationError:
    """The error that condemns a file or folder as a whole; `place` is a position in it."""
    return ConfigurationError([Problem(str(path), place, None, reason, fix)])


def _content(path: Path) -> bytes:
    try:
        # asked before opening, which would wait for ever at a named pipe
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "no regular file"
            raise unusable(path, f"is {kind}", "put a TOML file in its place")
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise unusable(path, f"cannot be read ({why})", "check its path and its mode") from None
    if len(content) > _LARGEST:
        fix = "keep only what differs between environments"
        raise unusable(path, f"is larger than {_LARGEST} bytes", fix)
    return content


def _decoded(path: Path, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"is not UTF-8 (byte 0x{content[error.start]:02x})"
        raise unusable(path, reason, "save it as UTF-8", f"line {line}") from None
    if not text.strip():
        raise unusable(path, "is empty", "begin with a copy of dev.toml")
    return text


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        told, _, place = str(error).removesuffix(")").rpartition(" (at ")
        fix = "write key = value, text in quotes, each key and table once"
        raise unusable(path, f"broken TOML: {abbreviated(told)}", fix, place) from None
    except (ValueError, RecursionError):
        reason = "holds a number or a nesting beyond all measure"
        raise unusable(path, reason, "write it as dev.toml is written") from None
