"""What a PromQL expression asks of whom: its selectors, and the labels it groups by."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SELECTOR = re.compile(r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?P<matchers>\{[^}]*\})?")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring) *\(([^)]*)\)")
_WORDS = frozenset({"and", "or", "unless", "bool", "offset", "inf", "nan"})


@dataclass(frozen=True)
class Asked:
    """`selectors` as written, and the labels named in `by (…)`."""

    selectors: frozenset[str]
    labels: frozenset[str]


def asked(expression: str) -> Asked:
    """Enough of PromQL for the expressions of this repository."""
    labels = {
        label.strip() for group in _GROUPING.findall(expression) for label in group.split(",")
    }
    plain = _GROUPING.sub("", re.sub(r"\[[0-9a-z:]+\]", "", expression))
    selectors = set()
    place = 0
    while found := _SELECTOR.search(plain, place):
        place = found.end()
        rest = plain[place:].lstrip()
        number = found.start() and re.match(r"[0-9.]", plain[found.start() - 1])
        if not rest.startswith("(") and found["name"].lower() not in _WORDS and not number:
            selectors.add(found[0])
    return Asked(frozenset(selectors), frozenset(labels))
