"""A resource that stands in an account, in the shape that Terraform would give it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reachability.stack import Resource


def made(type_: str, id_: str, tags: Mapping[str, str] | None = None, **values: Any) -> Resource:
    """The resource at the address "TYPE.ID"; arguments that are None are left out.

    A type that begins with "data." makes a data source.
    """
    held = {key: value for key, value in values.items() if value is not None}
    held = {"id": id_, "tags": dict(tags or {}), **held}
    address = f"{type_}.{id_}"
    return Resource(address, type_.removeprefix("data."), address, held, frozenset(held))
