"""Terraform templates in text: what they write out, and what they bring in from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

_OPENING = re.compile(r"(?<!\$)\$\{|(?<!%)%\{")
_NAMES = re.compile(r"(?<![\w.\])-])[A-Za-z_][\w-]*(?:\s*\[[^\]]*\]|\s*\.\s*[\w*-]+)+")
_READS_FILES = re.compile(r"\b(?:file\w*|templatefile)\s*\(")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}

# Attributes by which hosts find each other. None of them is ever a secret.
_TOLD = re.compile(
    r"id|arn|name|bucket|region|availability_zone|(?:private|public)_(?:ip|dns)|dns_name"
    r"|domain_name|fqdn|endpoint|address|port|(?:ipv6_)?cidr_block|vpc_id"
)


def literals(text: str) -> Iterator[str]:
    """The strings written inside the expressions of a text, which functions may hide."""
    for _, strings in _expressions(text):
        for one in strings:
            yield one
            yield from literals(one)


def untold(text: str) -> Iterator[str]:
    """What the expressions of a text bring in that may be a secret for all the stack tells.

    An attribute of a resource of AWS's is none if it is an id, an address or a name.
    """
    for code, strings in _expressions(text):
        yield from (f"{match[0].rstrip('( ')}()" for match in _READS_FILES.finditer(code))
        for match in _NAMES.finditer(code):
            if not _is_told(match[0]):
                yield re.sub(r"\s", "", match[0])
        for one in strings:
            yield from untold(one)


def _is_told(name: str) -> bool:
    parts = re.sub(r"\[[^\]]*\]|\s|\.\*", "", name).removeprefix("data.").split(".")
    told = len(parts) > 2 and parts[0].startswith("aws_") and _TOLD.fullmatch(parts[-1])
    return bool(told)


def _expressions(text: str) -> Iterator[tuple[str, list[str]]]:
    """The expressions of a text: each with its strings left empty, and those strings."""
    start = 0
    while (opening := _OPENING.search(text, start)) is not None:
        code, strings, start = _expression(text, opening.end())
        yield code, strings


def _expression(text: str, at: int) -> tuple[str, list[str], int]:
    code, strings, depth = "", [], 1
    while at < len(text):
        character = text[at]
        if character == '"':
            string, at = _string(text, at + 1)
            strings.append(string)
            code += '""'
            continue
        depth += (character == "{") - (character == "}")
        at += 1
        if not depth:
            break
        code += character
    return code, strings, at


def _string(text: str, at: int) -> tuple[str, int]:
    """A quoted string from behind its opening quote, and where it ends. It may hold templates."""
    string = ""
    while at < len(text) and text[at] != '"':
        if text[at] == "\\":
            escaped = text[at + 1 : at + 2]
            string += _ESCAPES.get(escaped, escaped)
            at += 2
        elif opening := _OPENING.match(text, at):
            _, _, end = _expression(text, opening.end())
            string += text[at:end]
            at = end
        else:
            string += text[at]
            at += 1
    return string, at + 1
