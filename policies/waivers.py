"""Waivers: single resources on which a check does not count, with a reason and an end."""

from __future__ import annotations

import datetime
import difflib
import re
import tomllib
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policies.errors import GateError
from policies.report import WaiverProblem

_FIELDS = ("check", "path", "reason", "expires")
_LONGEST = datetime.timedelta(days=366)
_LEAST_WORDS = 4
_HEADER = re.compile(r"^[ \t]*\[\[\s*[\"']?waiver[\"']?\s*\]\]", re.MULTILINE)


@dataclass(frozen=True)
class Waiver:
    """`path` is the construct path, beginning with the stack: "dev/microblogVPC/…".

    `line` of `file` is where the entry begins.
    """

    check: str
    path: str
    reason: str
    expires: datetime.date
    file: Path
    line: int

    @property
    def stack(self) -> str:
        return self.path.split("/")[0]


def read(path: Path, today: datetime.date) -> tuple[Waiver, ...]:
    """The waivers of a file. Raises GateError, with entry and field, for one that is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise GateError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GateError(f"{path}: is not TOML: {error}") from error
    for key in document:
        if key != "waiver":
            raise GateError(f"{path}: unknown key {key!r}; an entry begins with [[waiver]]")
    entries = document.get("waiver", [])
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise GateError(f"{path}: `waiver` is no list of tables; an entry begins with [[waiver]]")
    waivers: dict[tuple[str, str], Waiver] = {}
    headers = [text.count("\n", 0, one.start()) + 1 for one in _HEADER.finditer(text)]
    for number, entry in enumerate(entries, 1):
        _check_fields(entry, f"{path}: waiver {number}", today)
        line = headers[number - 1] if len(headers) == len(entries) else 1
        waiver = Waiver(**entry, file=path, line=line)
        if (waiver.check, waiver.path) in waivers:
            raise GateError(
                f"{path}: waiver {number}: {waiver.check} on {waiver.path} is waived twice;"
                " remove one"
            )
        waivers[waiver.check, waiver.path] = waiver
    return tuple(waivers.values())


def _check_fields(entry: Mapping[str, Any], where: str, today: datetime.date) -> None:
    """Raise GateError unless every field is there, and is what it must be."""
    for key in entry:
        if key not in _FIELDS:
            near = difflib.get_close_matches(key, _FIELDS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the fields are {', '.join(_FIELDS)}"
            raise GateError(f"{where}: unknown field {key!r}; {hint}")
    for key in ("check", "path", "reason"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise GateError(f"{where}: {key} is {_words(entry.get(key))}; write it as text")
    if len(entry["reason"].split()) < _LEAST_WORDS:
        raise GateError(
            f"{where}: reason is {_words(entry['reason'])}; say in a sentence why this is safe"
        )
    expires = entry.get("expires")
    if not isinstance(expires, datetime.date) or isinstance(expires, datetime.datetime):
        raise GateError(
            f"{where}: expires is {_words(expires)}; write a date, without quotes: 2027-06-30"
        )
    if expires - today > _LONGEST:
        raise GateError(
            f"{where}: expires is {expires}, more than a year ahead; write at most"
            f" {today + _LONGEST}"
        )


def _words(value: Any) -> str:
    """A value of TOML as a person would name it."""
    if value is None:
        return "missing"
    if isinstance(value, datetime.datetime):
        return f"{value}, a date with a time"
    if isinstance(value, str):
        return f'"{value}"' if value.strip() else "empty"
    kinds = {bool: "a truth value", list: "a list", dict: "a table"}
    return kinds.get(type(value), str(value))


def problems(
    waivers: Iterable[Waiver], refused: Container[tuple[str, str]], today: datetime.date
) -> list[WaiverProblem]:
    """What is wrong with these waivers: expired, or for nothing that was found."""
    wrong = []
    for waiver in waivers:
        named = f"{waiver.check} on {waiver.path}"
        if waiver.expires < today:
            wrong.append(_problem(waiver, f"{named} expired on {waiver.expires}"))
        if (waiver.check, waiver.path) not in refused:
            wrong.append(_problem(waiver, f"{named} waives nothing: remove it"))
    return wrong


def _problem(waiver: Waiver, message: str) -> WaiverProblem:
    return WaiverProblem(message, str(waiver.file), waiver.line)
