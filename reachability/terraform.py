"""Readers: synthesised `cdk.tf.json` and `terraform show -json`, both into one `Stack`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reachability import expressions, plan
from reachability.stack import Resource, Stack


class UnreadableStackError(ValueError):
    """The file is not Terraform this reader understands; the message is one line with the fix."""


def read(path: Path) -> Stack:
    """The stack in a synthesised `cdk.tf.json` or in a plan, told apart by its content.

    Raises UnreadableStackError for a file that is missing, is not JSON or is neither of the two.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableStackError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UnreadableStackError(f"{path}: is not UTF-8 text: {error.reason}") from error
    except json.JSONDecodeError as error:
        raise UnreadableStackError(
            f"{path}:{error.lineno}: is not JSON ({error.msg}); the file is half-written or edited"
        ) from error
    return parse(document, path)


def parse(document: Any, path: Path) -> Stack:
    """As `read`, from a parsed document; `path` names it in errors and gives the stack's name."""
    if not isinstance(document, dict):
        raise UnreadableStackError(f"{path}: holds no JSON object, so it is no Terraform")
    try:
        if "planned_values" in document:
            return Stack(path.name, {one.address: one for one in plan.resources(document)})
        if "resource_changes" in document or "format_version" in document:
            raise UnreadableStackError(
                f"{path}: has no planned_values; write it with `terraform show -json PLANFILE`"
            )
        if not document.keys() & {"resource", "data", "terraform", "provider", "output", "//"}:
            raise UnreadableStackError(
                f"{path}: is neither synthesised Terraform nor a plan in JSON"
            )
        found = {one.address: one for one in _synthesised(document)}
    except (AttributeError, KeyError, TypeError) as error:
        raise UnreadableStackError(f"{path}: is not shaped like Terraform JSON: {error}") from error
    return Stack(path.parent.name, found)


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
