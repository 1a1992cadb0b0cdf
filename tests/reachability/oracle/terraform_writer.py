"""Resources in the shape that cdktf writes, each with its construct path."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

STACK = "oracle"


class Writer:
    """Resources by type and name, each with its construct path, as cdktf lays them out."""

    def __init__(self) -> None:
        self.resources: dict[str, dict[str, Any]] = {}

    def add(self, type_: str, owner: str, part: str, /, **arguments: Any) -> str:
        """Add `oracle/<owner>/<part>`; returns the expression of its id."""
        name = f"{owner}_{part}".replace("/", "_")
        metadata = {"path": f"{STACK}/{owner}/{part}", "uniqueId": name}
        present = {key: value for key, value in arguments.items() if value is not None}
        self.resources.setdefault(type_, {})[name] = {"//": {"metadata": metadata}, **present}
        return f"${{{type_}.{name}.id}}"


def vpc_id(name: str) -> str:
    return f"${{aws_vpc.{name}_vpc.id}}"


def subnet_id(name: str) -> str:
    return f"${{aws_subnet.{name}_subnet.id}}"


def group_id(name: str) -> str:
    return f"${{aws_security_group.{name}_group.id}}"
