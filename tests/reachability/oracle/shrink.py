"""A smaller description that still shows a disagreement, for a person to read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.reachability.oracle.description import Description, Question

_NESTED = (("groups", "rules"), ("acls", "rules"), ("route_tables", "routes"))


def shrunk(
    description: Description,
    question: Question,
    disagrees: Callable[[Description], bool],
    seconds: float = 60.0,
) -> Description:
    """Without the instances and rules that are not needed to keep `disagrees` true.

    Stops where no single removal will do, or when the time is up.
    """
    deadline = time.monotonic() + seconds
    smaller = True
    while smaller:
        smaller = False
        for candidate in _candidates(description, question):
            if time.monotonic() > deadline:
                return description
            if disagrees(candidate):
                description, smaller = candidate, True
                break
    return description


def _candidates(description: Description, question: Question) -> Iterator[Description]:
    for instance in description.instances:
        if instance.name not in question:
            rest = tuple(one for one in description.instances if one is not instance)
            yield replace(description, instances=rest)
    for outer, inner in _NESTED:
        holders = getattr(description, outer)
        for holder in holders:
            members = getattr(holder, inner)
            for member in members:
                less = replace(holder, **{inner: tuple(x for x in members if x is not member)})
                others = tuple(less if one is holder else one for one in holders)
                changed: dict[str, Any] = {outer: others}
                yield replace(description, **changed)
