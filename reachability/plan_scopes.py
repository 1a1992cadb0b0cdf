"""Where the references of a plan's `configuration` lead, through variables and outputs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from reachability import expressions
from reachability.stack import Reference


@dataclass(frozen=True)
class Scope:
    """One module instance: where its references lead. `prefix` is "module.name." or empty."""

    config: Mapping[str, Any]
    prefix: str = ""
    arguments: Mapping[str, Any] | None = None
    parent: Scope | None = None

    def child(self, address: str) -> Scope:
        name = re.sub(r"\[[^\]]*\]$", "", address.removeprefix(self.prefix)).removeprefix("module.")
        call = self.config.get("module_calls", {}).get(name, {})
        return Scope(call.get("module", {}), f"{address}.", call.get("expressions", {}), self)

    def arguments_of(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._written.get(_identity(body), {})

    @cached_property
    def _written(self) -> dict[tuple[str, str, str], Mapping[str, Any]]:
        return {
            _identity(one): one.get("expressions", {}) for one in self.config.get("resources", [])
        }

    def references(self, names: Sequence[str], instance: str) -> tuple[Reference, ...]:
        """Where the references of an expression lead; `instance` is the "[key]" of its resource."""
        key = (instance, *names)
        if key not in self._led:
            self._led[key] = tuple(dict.fromkeys(self._lead(names, instance)))
        return self._led[key]

    @cached_property
    def _led(self) -> dict[tuple[str, ...], tuple[Reference, ...]]:
        return {}

    def _lead(self, names: Sequence[str], instance: str) -> list[Reference]:
        own_key = any(name.startswith(("each.", "count.")) for name in names)
        found: list[Reference] = []
        for name in names:
            if not name.startswith(("var.", "module.")):
                continue
            if (variable := re.match(r"var\.(\w+)", name)) and self.parent is not None:
                passed = (self.arguments or {}).get(variable[1], {})
                found += self.parent.references(names_in(passed), "")
            elif output := re.fullmatch(r"module\.([\w-]+)(\[[^\]]*\])?\.([\w-]+)", name):
                inner = self.child(f"{self.prefix}module.{output[1]}{output[2] or ''}")
                returned = inner.config.get("outputs", {}).get(output[3], {}).get("expression", {})
                found += inner.references(names_in(returned), "")
        for one in expressions.from_names(names):
            bare = own_key and f"{one.address}.{one.attribute}" not in names
            key = instance if bare and not one.address.endswith("]") else ""
            found.append(Reference(f"{self.prefix}{one.address}{key}", one.attribute))
        return found


def _identity(body: Mapping[str, Any]) -> tuple[str, str, str]:
    return body.get("mode", "managed"), body["type"], body["name"]


def names_in(expression: Any) -> list[str]:
    """Every reference anywhere in an expression of the plan's configuration."""
    if isinstance(expression, list):
        return [name for one in expression for name in names_in(one)]
    if not isinstance(expression, Mapping):
        return []
    if "references" in expression or "constant_value" in expression:
        return list(expression.get("references", []))
    return [name for one in expression.values() for name in names_in(one)]
