"""The resources of `terraform show -json`: planned values, with what they leave open filled in.

A plan says of a new resource's id only that it is not known yet. Which resource an argument
points to then stands in the plan's `configuration`, as the expression it was written with.
(Terraform documentation: "JSON Output Format".)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from reachability import expressions
from reachability.stack import Reference, Resource, Unknown

# Of `user_data` the AWS provider keeps only the hash (resource "aws_instance").
_SHA1 = re.compile(r"[0-9a-f]{40}")


def resources(document: Mapping[str, Any]) -> Iterator[Resource]:
    """Every resource after the planned change, and every data source read before it."""
    changes = {one["address"]: one["change"] for one in document.get("resource_changes", [])}
    root = _Scope(document.get("configuration", {}).get("root_module", {}))
    prior = document.get("prior_state", {}).get("values", {}).get("root_module", {})
    for body, scope in _walk(prior, root):
        if body["mode"] == "data":
            yield _resource(body, scope, {})
    for body, scope in _walk(document["planned_values"].get("root_module", {}), root):
        yield _resource(body, scope, changes.get(body["address"], {}))


def before(document: Mapping[str, Any]) -> Iterator[Resource]:
    """Every resource as it stands before the planned change."""
    root = _Scope(document.get("configuration", {}).get("root_module", {}))
    prior = document.get("prior_state", {}).get("values", {}).get("root_module", {})
    for body, scope in _walk(prior, root):
        yield _resource(body, scope, {})


@dataclass(frozen=True)
class _Scope:
    """One module instance: where its references lead. `prefix` is "module.name." or empty."""

    config: Mapping[str, Any]
    prefix: str = ""
    arguments: Mapping[str, Any] | None = None
    parent: _Scope | None = None

    def child(self, address: str) -> _Scope:
        name = re.sub(r"\[[^\]]*\]$", "", address.removeprefix(self.prefix)).removeprefix("module.")
        call = self.config.get("module_calls", {}).get(name, {})
        return _Scope(call.get("module", {}), f"{address}.", call.get("expressions", {}), self)

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
                found += self.parent.references(_names(passed), "")
            elif output := re.fullmatch(r"module\.([\w-]+)(\[[^\]]*\])?\.([\w-]+)", name):
                inner = self.child(f"{self.prefix}module.{output[1]}{output[2] or ''}")
                returned = inner.config.get("outputs", {}).get(output[3], {}).get("expression", {})
                found += inner.references(_names(returned), "")
        for one in expressions.from_names(names):
            bare = own_key and f"{one.address}.{one.attribute}" not in names
            key = instance if bare and not one.address.endswith("]") else ""
            found.append(Reference(f"{self.prefix}{one.address}{key}", one.attribute))
        return found


def _identity(body: Mapping[str, Any]) -> tuple[str, str, str]:
    return body.get("mode", "managed"), body["type"], body["name"]


def _walk(module: Mapping[str, Any], scope: _Scope) -> Iterator[tuple[Mapping[str, Any], _Scope]]:
    for body in module.get("resources", []):
        yield body, scope
    for inner in module.get("child_modules", []):
        yield from _walk(inner, scope.child(inner["address"]))


def _resource(body: Mapping[str, Any], scope: _Scope, change: Mapping[str, Any]) -> Resource:
    planned = body.get("values") or {}
    arguments = scope.arguments_of(body)
    unknown = change.get("after_unknown") or {}
    instance = re.search(r"\[[^\[\]]*\]$", body["address"])
    reader = _Reader(scope, instance[0] if instance else "")
    values = {
        key: reader.fill(planned.get(key), unknown.get(key), arguments.get(key))
        for key in [*planned, *(key for key in unknown if key not in planned)]
    }
    if _SHA1.fullmatch(str(values.get("user_data"))) and "user_data" in arguments:
        values["user_data"] = reader.written(arguments["user_data"])
    known = {key for key, value in planned.items() if value not in (None, [], "", {})}
    creates = "create" in change.get("actions", [])
    return Resource(
        address=body["address"],
        type=body["type"],
        path=body["address"],
        values=values,
        configured=frozenset(arguments) | (known if creates else frozenset()),
    )


@dataclass(frozen=True)
class _Reader:
    scope: _Scope
    instance: str

    def fill(self, planned: Any, unknown: Any, expression: Any) -> Any:
        """The planned value, with what is not known yet replaced by what it was written as."""
        if unknown is True:
            return None if expression is None else self.written(expression)
        if isinstance(planned, Mapping):
            marks = unknown if isinstance(unknown, Mapping) else {}
            keys = [*planned, *(key for key in marks if key not in planned)]
            return {
                key: self.fill(planned.get(key), marks.get(key), _inside(expression, key))
                for key in keys
            }
        if isinstance(planned, list) and isinstance(unknown, list) and unknown:
            return self._fill_list(planned, unknown, expression)
        return planned

    def _fill_list(self, planned: list[Any], unknown: list[Any], expression: Any) -> list[Any]:
        written = _elements(expression)
        filled = []
        for index, value in enumerate(planned):
            mark = unknown[index] if index < len(unknown) else None
            match = next((one for one in written if _agrees(value, one)), expression)
            if match in written and len(written) > 1:
                written.remove(match)
            filled.append(self.fill(value, mark, match))
        return filled

    def written(self, expression: Any) -> Any:
        """What an argument was written as."""
        names = _names(expression)
        constant = expression.get("constant_value") if isinstance(expression, Mapping) else None
        per_instance = any(
            name.startswith(("each.", "count.", "var.", "module.")) for name in names
        )
        if constant is not None and not per_instance and not self.scope.prefix:
            return expressions.parse(constant)
        references = self.scope.references(names, self.instance)
        return references[0] if len(references) == 1 else Unknown("", references)


def _names(expression: Any) -> list[str]:
    """Every reference anywhere in an expression of the plan's configuration."""
    if isinstance(expression, list):
        return [name for one in expression for name in _names(one)]
    if not isinstance(expression, Mapping):
        return []
    if "references" in expression or "constant_value" in expression:
        return list(expression.get("references", []))
    return [name for one in expression.values() for name in _names(one)]


def _inside(expression: Any, key: str) -> Any:
    """The expression of one argument of a block."""
    if isinstance(expression, list) and len(expression) == 1:
        return _inside(expression[0], key)
    if not isinstance(expression, Mapping):
        return expression
    constant = expression.get("constant_value")
    if isinstance(constant, Mapping):
        if isinstance(constant.get(key), str | list | Mapping):
            names = expression.get("references", [])
            return {"constant_value": constant[key], "references": names}
        return None
    return expression if "references" in expression else expression.get(key)


def _elements(expression: Any) -> list[Any]:
    """The expressions of the elements of a list, as far as the plan tells them apart."""
    if isinstance(expression, list):
        return list(expression)
    if isinstance(expression, Mapping) and isinstance(expression.get("constant_value"), list):
        names = expression.get("references", [])
        return [
            {"constant_value": one, "references": names} for one in expression["constant_value"]
        ]
    return []


def _agrees(planned: Any, expression: Any) -> bool:
    """Whether this written block can be the planned one: a set's blocks come in another order."""
    written = expression.get("constant_value", expression)
    if not isinstance(planned, Mapping) or not isinstance(written, Mapping):
        return planned is None or planned == written
    for key, value in planned.items():
        item = written.get(key)
        constant = item.get("constant_value") if isinstance(item, Mapping) else item
        if value in (None, "", []) or constant is None:
            continue
        if isinstance(constant, str | int | float | bool) and constant != value:
            return False
    return True
