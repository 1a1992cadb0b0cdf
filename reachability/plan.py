"""The resources of `terraform show -json`: planned values, with what they leave open filled in.

A plan says of a new resource's id only that it is not known yet. Which resource an argument
points to then stands in the plan's `configuration`, as the expression it was written with.
(Terraform documentation: "JSON Output Format".)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reachability import expressions
from reachability.plan_scopes import Scope, names_in
from reachability.stack import Resource, Unknown

# Of `user_data` the AWS provider keeps only the hash (resource "aws_instance").
_SHA1 = re.compile(r"[0-9a-f]{40}")


def resources(document: Mapping[str, Any]) -> Iterator[Resource]:
    """Every resource after the planned change, and every data source read before it."""
    changes = {one["address"]: one["change"] for one in document.get("resource_changes", [])}
    root = Scope(document.get("configuration", {}).get("root_module", {}))
    prior = document.get("prior_state", {}).get("values", {}).get("root_module", {})
    for body, scope in _walk(prior, root):
        if body["mode"] == "data":
            yield _resource(body, scope, {})
    for body, scope in _walk(document["planned_values"].get("root_module", {}), root):
        yield _resource(body, scope, changes.get(body["address"], {}))


def before(document: Mapping[str, Any]) -> Iterator[Resource]:
    """Every resource as it stands before the planned change."""
    root = Scope(document.get("configuration", {}).get("root_module", {}))
    prior = document.get("prior_state", {}).get("values", {}).get("root_module", {})
    for body, scope in _walk(prior, root):
        yield _resource(body, scope, {})


def _walk(module: Mapping[str, Any], scope: Scope) -> Iterator[tuple[Mapping[str, Any], Scope]]:
    for body in module.get("resources", []):
        yield body, scope
    for inner in module.get("child_modules", []):
        yield from _walk(inner, scope.child(inner["address"]))


def _resource(body: Mapping[str, Any], scope: Scope, change: Mapping[str, Any]) -> Resource:
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
    scope: Scope
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
        names = names_in(expression)
        constant = expression.get("constant_value") if isinstance(expression, Mapping) else None
        per_instance = any(
            name.startswith(("each.", "count.", "var.", "module.")) for name in names
        )
        if constant is not None and not per_instance and not self.scope.prefix:
            return expressions.parse(constant)
        references = self.scope.references(names, self.instance)
        return references[0] if len(references) == 1 else Unknown("", references)


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
