"""A plan as the comment on its pull request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from constructs_lib.problems import one_line
from delivery.plan_words import Section, headline, sections
from delivery.receipt import Receipt

LIMIT = 65_536
"""Of a comment's body, in characters; counted in bytes here, to be on the safe side.

GitHub answers "Body is too long (maximum is 65536 characters)" (GitHub community #27190).
"""

_LONGEST_LINE = 400
_RESERVE = 200
"""Bytes that a section needs with none of its lines."""


def marker(stack: str) -> str:
    """What a bot finds its comment by, to update it in place; GitHub does not show it."""
    return f"<!-- microblog-vpc plan {stack} -->"


def markdown(document: Mapping[str, Any], source: Path, receipt: Receipt) -> str:
    """The comment: what is grave open to the eye, the rest in details, within LIMIT.

    What people wrote (names, tags, descriptions) stands in fenced code alone, where GitHub reads
    neither Markdown nor HTML nor mentions.
    """
    found = sections(document, source, receipt.verdict)
    head = "\n".join(
        (
            marker(receipt.stack),
            f"### Plan of `{receipt.stack}`: {headline(document)}",
            "",
            _verdict(receipt),
        )
    )
    foot = _foot(receipt)
    left = LIMIT - _size(head) - _size(foot) - _RESERVE * len(found)
    parts = [head]
    for section in found:
        part = _section(section, left)
        left -= _size(part) - _RESERVE
        parts.append(part)
    return "\n\n".join([*parts, foot]) + "\n"


def _verdict(receipt: Receipt) -> str:
    verdict = receipt.verdict
    refused = len(verdict.refused) + len(verdict.broken)
    counts = f"{verdict.passed} passed, {len(verdict.waived)} waived, {refused} refused"
    return f"**{'The gate lets it pass' if verdict.ok else 'The gate refuses it'}**: {counts}."


def _foot(receipt: Receipt) -> str:
    where = "the emulated AWS" if receipt.aws == "emulated" else "AWS"
    versions = receipt.versions
    return (
        f"<sub>Planned {receipt.planned_at:%Y-%m-%d %H:%M} UTC against {where} by "
        f"{versions.engine}, AWS provider {versions.provider}; plan {receipt.plan[:12]}</sub>"
    )


def _section(section: Section, room: int) -> str:
    """A section with as many of its lines as there is room for."""
    lines = [one_line(text)[:_LONGEST_LINE] for text in section.lines]
    body = _fenced(_fitting(lines, room))
    if section.alarming:
        return f"**{section.title}** ({len(lines)})\n\n{body}"
    return f"<details><summary>{section.title} ({len(lines)})</summary>\n\n{body}\n\n</details>"


def _fitting(lines: Sequence[str], room: int) -> list[str]:
    kept: list[str] = []
    for text in lines:
        room -= _size(text) + 1
        if room < 0:
            return [*kept, f"… and {len(lines) - len(kept)} more, in the plan itself"]
        kept.append(text)
    return kept


def _fenced(lines: Sequence[str]) -> str:
    """In a fence longer than any run of backticks inside (CommonMark, "Fenced code blocks")."""
    text = "\n".join(lines)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _size(text: str) -> int:
    return len(text.encode())
