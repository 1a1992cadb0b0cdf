"""One sentence about what a stack or an account holds; two of them are compared as sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reachability.stack import Resource


@dataclass(frozen=True)
class Fact:
    """`says` is what is compared, in words that do not depend on ids.

    `element` names what it was read from, `about` is the path of what that belongs to. A `usual`
    fact is one that AWS itself brings about; it counts where the stack manages what it is about.
    `undo` replaces resources by address, None for without, so that the fact no longer holds.
    """

    says: str
    element: str = field(compare=False)
    about: str = field(compare=False)
    usual: bool = field(default=False, compare=False)
    undo: Mapping[str, Resource | None] = field(default_factory=dict, compare=False, hash=False)


def changed(resource: Resource, **values: Any) -> Resource:
    return replace(resource, values={**resource.values, **values})


def id_of(resource: Resource) -> str:
    """AWS's id, or the address of what has none yet."""
    written = resource.values.get("id")
    return written if isinstance(written, str) else resource.address
