"""A mistake in a file a person wrote, told in one line."""

import difflib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST_VALUE = 60


@dataclass(frozen=True)
class Problem:
    """One mistake: `field` is a dotted path or a position, `value` is text as TOML writes it."""

    file: str
    field: str
    value: str | None
    reason: str
    fix: str

    def __str__(self) -> str:
        place = self.field if self.value is None else f"{self.field} = {self.value}"
        told = f"{self.reason}; {self.fix}" if self.fix else self.reason
        return one_line(": ".join(part for part in (self.file, place, told) if part))


class ConfigurationError(Exception):
    """Raised with every problem found, in the order of the files and their fields."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def one_line(text: str) -> str:
    """The text with everything that is not printable escaped."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "replace").decode()
        for char in text
    )


def literal(value: object) -> str:
    """The value as TOML writes it, abbreviated."""
    match value:
        case str():
            shown = json.dumps(value[: _LONGEST_VALUE + 1], ensure_ascii=False)
        case bool():
            shown = str(value).lower()
        case int() if value.bit_length() > 64:
            return f"(an integer of {value.bit_length()} bits)"
        case dict():
            shown = "{…}" if value else "{}"
        case list() | tuple():
            more = ["…"] if len(value) > 4 else []
            shown = f"[{', '.join([*map(literal, value[:4]), *more])}]"
        case _:
            shown = str(value)
    return abbreviated(shown)


def abbreviated(text: str) -> str:
    """The text, cut where it is too long for a line that a person reads."""
    return text if len(text) <= _LONGEST_VALUE + 2 else f"{text[:_LONGEST_VALUE]}…"


def dotted(path: Iterable[str | int]) -> str:
    """`("zones", "a b", 0)` as `zones."a b"[0]`."""
    field = ""
    for key in path:
        if isinstance(key, int):
            field += f"[{key}]"
        else:
            bare = re.fullmatch(r"[A-Za-z0-9_-]+", key) and len(key) <= _LONGEST_VALUE
            field += ("." if field else "") + (key if bare else literal(key))
    return field


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, if there is one."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = difflib.get_close_matches(word[:100].casefold(), by_folded, n=1)
    return by_folded[found[0]] if found else None
