"""What a secret looks like in a script. Randomness alone proves nothing and is not looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policies.secret_commands import COMMANDS

# A name whose last word says "secret", however it is set: quoted, to the end of a statement, as
# one word of a shell command, or as the argument of a flag.
_SECRET = (
    r"(?:password|passwd|passphrase|[_-]pass|[_-]pwd|secret|secret_?key|token|api_?key"
    r"|access_?key|private_?key)"
)
# `max_password: 12345` limits a length; `secret: NAME` says which secret is meant.
_NO_SECRET = (
    r"(?!(?<=\b(?:max|min)[_-])\w+[\"']?\s*[=:]\s*\d+\b"
    r"|(?<![\w-])secret:[ \t]+[a-z][a-z0-9]*(?:-[a-z0-9]+)+\s*$)"
)
_BARE = r"(?P<value>[^\s\"'`;,&|()<>{}\[\]]{4,})"
_ASSIGNMENTS = tuple(
    re.compile(_NO_SECRET + pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        rf"{_SECRET}[\"']?\s*[=:]\s*(?P<quote>[\"'])(?P<value>(?:(?!(?P=quote)).){{4,}})(?P=quote)",
        rf"{_SECRET}[\"']?\s*[=:]\s*{_BARE}(?=[ \t]*(?:$|[;,#&|}}]))",
        rf"{_SECRET}={_BARE}(?=\s)",
        rf"--[\w-]*{_SECRET}\s+{_BARE}(?=\s)",
    )
)

# Each is (what it is, pattern). A pattern with a group `value` names a secret only if the value
# is a literal, not a variable, a command, a path or a place to read it from.
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")),
    ("a private key", re.compile(r"PuTTY-User-Key-File-\d|AGE-SECRET-KEY-1[A-Z0-9]{20,}")),
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    (
        "a service's token",
        re.compile(
            r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}"
            r"|xox[abprs]-[\w-]{10,}|sk_live_\w{16,}|AIza[\w-]{35}|hvs\.[\w-]{20,}"
            r"|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,})"
        ),
    ),
    ("a password hash", re.compile(r"\$(?:1|5|6|y|2[aby])\$[./A-Za-z0-9$=]{20,}")),
    (
        "credentials in a connection string",
        re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@'\"]*:(?P<value>[^\s/@'\"]+)@"),
    ),
    (
        "credentials in a header",
        re.compile(r"(?i)\bauthorization:\s*(?:bearer|basic|token)\s+(?P<value>[^\s'\"]{8,})"),
    ),
    *(("credentials on a command line", pattern) for pattern in COMMANDS),
    *(("a literal secret", pattern) for pattern in _ASSIGNMENTS),
)

_NOT_LITERAL = re.compile(
    r"^[$`<%@/~*.]|^\{\{|\$\(|\$\{|\$\w|^(?:arn|file|env|ssm|vault)[:/]"
    r"|^(?:true|false|null|none|required|optional|enabled|disabled|string|default)$",
    re.IGNORECASE,
)


def find(text: str) -> Iterator[tuple[str, int]]:
    """Each secret in a text, as (what it is, line number from 1). The secret itself stays there."""
    seen = set()
    for what, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if not _is_literal(match.groupdict().get("value")):
                continue
            found = (what, text.count("\n", 0, match.end()) + 1)
            if found not in seen:
                seen.add(found)
                yield found


def _is_literal(value: str | None) -> bool:
    """Whether a value gives the secret away; a pattern without a value is a secret by itself."""
    return value is None or not _NOT_LITERAL.search(value.strip())
