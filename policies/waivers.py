"""Waivers: single resources on which a check does not count, with a reason and an end."""

from __future__ import annotations

import datetime
import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policies.errors import GateError

_FIELDS = ("check", "path", "reason", "expires")
_LONGEST = datetime.timedelta(days=366)
_LEAST_WORDS = 4


@dataclass(frozen=True)
class Waiver:
    """`path` is the construct path, beginning with the stack: "dev/microblogVPC/…"."""

    check: str
    path: str
    reason: str
    expires: datetime.date

    @property
    def stack(self) -> str:
        return self.path.split("/")[0]


def read(path: Path, today: datetime.date) -> tuple[Waiver, ...]:
    """The waivers of a file. Raises GateError, with entry and field, for one that is wrong."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
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
    for number, entry in enumerate(entries, 1):
        waiver = _waiver(entry, f"{path}: waiver {number}", today)
        if (waiver.check, waiver.path) in waivers:
            raise GateError(
                f"{path}: waiver {number}: {waiver.check} on {waiver.path} is waived twice;"
                " remove one"
            )
        waivers[waiver.check, waiver.path] = waiver
    return tuple(waivers.values())


def _waiver(entry: Mapping[str, Any], where: str, today: datetime.date) -> Waiver:
    for key in entry:
        if key not in _FIELDS:
            near = difflib.get_close_matches(key, _FIELDS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the fields are {', '.join(_FIELDS)}"
            raise GateError(f"{where}: unknown field {key!r}; {hint}")
    for key in ("check", "path", "reason"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise GateError(f"{where}: {key} is {entry.get(key)!r}; write it as text")
    if len(entry["reason"].split()) < _LEAST_WORDS:
        raise GateError(
            f"{where}: reason is {entry['reason']!r}; say in a sentence why this is safe"
        )
    expires = entry.get("expires")
    if not isinstance(expires, datetime.date) or isinstance(expires, datetime.datetime):
        raise GateError(
            f"{where}: expires is {expires!r}; write a date, without quotes: 2027-06-30"
        )
    if expires - today > _LONGEST:
        raise GateError(
            f"{where}: expires is {expires}, more than a year ahead; write at most"
            f" {today + _LONGEST}"
        )
    return Waiver(entry["check"], entry["path"], entry["reason"], expires)


def problems(
    waivers: Iterable[Waiver],
    refused: Iterable[tuple[str, str]],
    stacks: Iterable[str],
    today: datetime.date,
) -> list[str]:
    """What is wrong with the waivers of these stacks: expired, or for nothing that was found."""
    found, gated = set(refused), set(stacks)
    wrong = []
    for waiver in waivers:
        if waiver.stack not in gated:
            continue
        if waiver.expires < today:
            wrong.append(f"{waiver.check} on {waiver.path} expired on {waiver.expires}")
        if (waiver.check, waiver.path) not in found:
            wrong.append(f"{waiver.check} on {waiver.path} waives nothing: remove it")
    return wrong
