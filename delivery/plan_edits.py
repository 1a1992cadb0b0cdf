"""Which attributes of a resource a plan changes, from what to what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from constructs_lib.problems import dotted, literal

_EMPTY: tuple[Any, ...] = (None, "", [], {})
"""What providers write for nothing, now so and now so."""


@dataclass(frozen=True)
class Edit:
    """An attribute's dotted path, with its value before and after as text."""

    attribute: str
    before: str
    after: str

    @property
    def argument(self) -> str:
        """The argument that the attribute is part of."""
        return self.attribute.partition(".")[0].partition("[")[0]

    def __str__(self) -> str:
        if self.before == self.after:
            return f"{self.attribute} changes"
        return f"{self.attribute} {self.before} → {self.after}"


def edits_of(change: Mapping[str, Any]) -> Iterator[Edit]:
    """What somebody would call an edit, of a "Change Representation" in Terraform's JSON.

    `tags_all` repeats `tags`, with the provider's own.
    """
    found = list(
        _differences(
            (),
            change.get("before"),
            change.get("after"),
            change.get("after_unknown"),
            (change.get("before_sensitive"), change.get("after_sensitive")),
        )
    )
    tagged = any(one.argument == "tags" for one in found)
    yield from (one for one in found if not (tagged and one.argument == "tags_all"))


def _differences(
    path: tuple[str | int, ...], before: Any, after: Any, unknown: Any, secret: tuple[Any, Any]
) -> Iterator[Edit]:
    """The leaves that differ; `unknown` and `secret` mirror the value, or are True for all."""
    if unknown is True:
        same = before is None
    else:
        same = before == after or (before in _EMPTY and after in _EMPTY)
        same = same and not _unknown_inside(unknown)
    if same:
        return
    if any(one is True for one in secret):
        yield Edit(dotted(path), "(sensitive)", "(sensitive)")
    elif unknown is True:
        yield Edit(dotted(path), _text(before), "(known after apply)")
    elif _are_branches(before, after):
        for key in _keys(before, after, unknown):
            inner = (_at(secret[0], key), _at(secret[1], key))
            inside = (_at(before, key), _at(after, key), _at(unknown, key))
            yield from _differences((*path, key), *inside, inner)
    else:
        yield Edit(dotted(path), _text(before), _text(after))


def _unknown_inside(unknown: Any) -> bool:
    inner = unknown.values() if isinstance(unknown, dict) else unknown
    return unknown is True or (
        isinstance(unknown, dict | list) and any(map(_unknown_inside, inner))
    )


def _are_branches(before: Any, after: Any) -> bool:
    """Whether both can be compared key by key; a list, only one of blocks."""
    if isinstance(before, dict) and isinstance(after, dict):
        return True
    return (
        isinstance(before, list)
        and isinstance(after, list)
        and len(before) == len(after)
        and all(isinstance(one, dict) for one in (*before, *after))
    )


def _keys(before: Any, after: Any, unknown: Any) -> list[str | int]:
    if isinstance(before, list):
        return list(range(len(before)))
    more = unknown if isinstance(unknown, dict) else {}
    return sorted({*before, *after, *more})


def _at(value: Any, key: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(str(key))
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return value if value is True else None


def _text(value: Any) -> str:
    return "nothing" if value is None else literal(value)
