"""Terraform's template strings, read as far as a reader without Terraform can."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from reachability.stack import Reference, Unknown

_ADDRESS = (
    r"(?:module\.[\w-]+(?:\[[^\]]*\])?\.)*(?:data\.)?[a-z][a-z0-9]*_\w+\.[\w-]+(?:\[[^\]]*\])?"
)
_REFERENCE = re.compile(rf"(?P<address>{_ADDRESS})\.(?P<attribute>\w+)(?:\[0\])?")
_BARE = re.compile(_ADDRESS)
_TEMPLATE = re.compile(r"(?<!\$)\$\{|(?<!%)%\{")


def parse(value: Any) -> Any:
    """A JSON value of Terraform's JSON syntax, with its templates as `Reference` or `Unknown`."""
    if isinstance(value, str):
        return _parse_text(value)
    if isinstance(value, list):
        return [parse(item) for item in value]
    if isinstance(value, dict):
        return {key: parse(item) for key, item in value.items() if key != "//"}
    return value


def _parse_text(text: str) -> Any:
    if not _TEMPLATE.search(text):
        return text.replace("$${", "${").replace("%%{", "%{")
    if text.startswith("${") and text.endswith("}"):
        whole = _REFERENCE.fullmatch(text[2:-1].strip())
        if whole:
            return Reference(whole["address"], whole["attribute"])
    return Unknown(text, references(_REFERENCE.findall(text)))


def references(pairs: Iterable[tuple[str, str]]) -> tuple[Reference, ...]:
    return tuple(dict.fromkeys(Reference(address, attribute) for address, attribute in pairs))


def _is_repeated(name: str, names: list[str]) -> bool:
    longer = (f"{name}.", f"{name}[")
    return any(other.startswith(longer) for other in names)


def from_names(names: Iterable[str]) -> tuple[Reference, ...]:
    """The references of a plan's configuration: ["aws_vpc.a.id", "aws_vpc.a", "each.key"].

    A bare address beside a longer one repeats it; alone it stands for an instance of a resource
    with `count` or `for_each`, of which the attribute is not told: taken to be the id.
    """
    listed = list(names)
    found: list[tuple[str, str]] = []
    for name in listed:
        if match := _REFERENCE.fullmatch(name):
            found.append((match["address"], match["attribute"]))
        elif _BARE.fullmatch(name) and not _is_repeated(name, listed):
            found.append((name, "id"))
    return references(found)
