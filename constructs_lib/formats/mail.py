"""The form of an e-mail address."""

import re

from constructs_lib.formats.text import refuse, text

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(
    rf"[a-z0-9!#&'*+/=?^_`|~-]+(?:\.[a-z0-9!#&'*+/=?^_`|~-]+)*@(?:{_LABEL}\.)+[a-z]{{2,63}}", re.I
)
"""RFC 5321's unquoted form, less the signs that begin a Terraform template."""


def address(value: object) -> str:
    """One address, at most 254 characters (RFC 5321, errata 1690)."""
    example = "ops@example.com"
    written = text(value, example)
    if not _ADDRESS.fullmatch(written) or len(written) > 254:
        raise refuse("is not an e-mail address", f'write one such as "{example}"')
    return written
