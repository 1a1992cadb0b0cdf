"""Readers: synthesised `cdk.tf.json` and `terraform show -json`, both into one `Stack`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from reachability import expressions, plan
from reachability.stack import Resource, Stack


class UnreadableStackError(ValueError):
    """The file is not Terraform this reader understands; the message is one line with the fix."""


_SECTIONS = {"planned_values", "resource", "data", "terraform", "provider", "output"}


def read(path: Path) -> Stack:
    """The stack in a synthesised `cdk.tf.json` or in a plan, told apart by its content.

    Raises UnreadableStackError for a file that is missing, is not JSON or is neither of the two.
    """
    return parse(load(path), path)


def load(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises UnreadableStackError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableStackError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UnreadableStackError(f"{path}: is not UTF-8 text: {error.reason}") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise UnreadableStackError(f"{path}: is no whole JSON ({error})") from error
    if not isinstance(document, dict):
        raise UnreadableStackError(f"{path}: holds no JSON object, so it is no Terraform")
    return document


def parse(document: Mapping[str, Any], path: Path) -> Stack:
    """As `read`, from a loaded document; `path` names it in errors and gives the stack's name."""
    if not document.keys() & _SECTIONS:
        raise UnreadableStackError(
            f"{path}: is neither synthesised Terraform nor the output of `terraform show -json`"
        )
    if "planned_values" in document:
        return Stack(path.name, "plan", _collect(plan.resources, document, path))
    return Stack(path.parent.name, "synthesised", _collect(_synthesised, document, path))


def before(document: Mapping[str, Any], path: Path) -> Stack:
    """What stands before a planned change. Raises UnreadableStackError for what is no plan."""
    if "planned_values" not in document:
        raise UnreadableStackError(
            f"{path}: is no plan; write one with `terraform show -json PLAN > {path.name}`"
        )
    return Stack(path.name, "plan", _collect(plan.before, document, path))


def _collect(
    reader: Callable[[Mapping[str, Any]], Iterator[Resource]],
    document: Mapping[str, Any],
    path: Path,
) -> dict[str, Resource]:
    try:
        return {one.address: one for one in reader(document)}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnreadableStackError(f"{path}: is not shaped like Terraform JSON: {error}") from error


def _synthesised(document: Mapping[str, Any]) -> Iterator[Resource]:
    for section, prefix in (("resource", ""), ("data", "data.")):
        for type_, named in document.get(section, {}).items():
            for name, body in named.items():
                address = f"{prefix}{type_}.{name}"
                values = expressions.parse(body)
                yield Resource(
                    address=address,
                    type=type_,
                    path=body.get("//", {}).get("metadata", {}).get("path", address),
                    values=values,
                    configured=frozenset(key for key, item in values.items() if item is not None),
                )
