"""User data unwrapped to the texts inside it: base64, archives, MIME parts and embedded files."""

from __future__ import annotations

import base64
import binascii
import email
import email.policy
import re
from collections.abc import Iterator

from policies import archives, templates

# User data has at most 16 KB as it travels (Amazon EC2 User Guide: "Run commands at launch"); no
# honest script unpacks to sixty-four times that.
_MOST_BYTES = 1024 * 1024
_MOST_LAYERS = 6

_WORD = re.compile(rb"[A-Za-z0-9+/]{14,}={0,2}|[A-Za-z0-9_-]{14,}={0,2}")
_SHORTEST_LINE = 8
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


class UnsearchableError(ValueError):
    """User data, or a part of it, of which nobody can tell what it holds."""


def texts(written: str, *, encoded: bool = False) -> Iterator[tuple[str, str]]:
    """Every text inside user data, as (where it was, text): ("plain", …), ("gzip in base64", …).

    `encoded` user data travels as base64, of whatever length. Raises UnsearchableError.
    """
    for string in templates.literals(written):
        yield from _layers(string.encode("utf-8", "replace"), ("string",))
    whole = _decoded(written.encode("utf-8", "replace"))
    if whole is not None and (encoded or _is_legible(whole)):
        if not _is_legible(whole):
            raise UnsearchableError("it is neither UTF-8 text nor an archive of it")
        yield from _layers(whole, ("base64",))
    else:
        yield from _layers(written.encode("utf-8", "replace"), ())


def _layers(data: bytes, wrapping: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if len(wrapping) > _MOST_LAYERS:
        raise UnsearchableError(f"it is wrapped more than {_MOST_LAYERS} times")
    archive = _unpacked(data)
    if archive is not None:
        yield from _layers(archive[1], (*wrapping, archive[0]))
        return
    yield " in ".join(reversed(wrapping)) or "plain", data.decode("utf-8", "replace")
    if re.match(rb"\s*(?:content-type|mime-version):", data, re.IGNORECASE):
        for part in _parts(data):
            yield from _layers(part, (*wrapping, "MIME part"))
    for inner in _embedded(data):
        yield from _layers(inner, (*wrapping, "base64"))


def _unpacked(data: bytes) -> tuple[str, bytes] | None:
    try:
        return archives.unpack(data, _MOST_BYTES)
    except archives.TooLargeError as error:
        raise UnsearchableError(str(error)) from error


def _parts(data: bytes) -> Iterator[bytes]:
    message = email.message_from_bytes(data.lstrip(), policy=email.policy.compat32)
    for part in message.walk():
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            yield payload


def _embedded(data: bytes) -> Iterator[bytes]:
    """What base64 in a text holds, if that is legible; a hash or a long path is not."""
    words = (match[0] for match in _WORD.finditer(data))
    for blob in dict.fromkeys([*words, *_wrapped(data)]):
        inner = _decoded(blob)
        if inner is not None and _is_legible(inner):
            yield inner


def _wrapped(data: bytes) -> Iterator[bytes]:
    """Lines of one length, joined, with and without the shorter one that ends them."""
    lines = [line.strip() for line in data.splitlines()]
    start = 0
    while start < len(lines):
        width, end = len(lines[start]), start + 1
        while end < len(lines) and len(lines[end]) == width:
            end += 1
        if width >= _SHORTEST_LINE:
            yield b"".join(lines[start:end])
            yield b"".join(lines[start : end + 1])
        start = end


def _decoded(blob: bytes) -> bytes | None:
    packed = b"".join(blob.split()).translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        return base64.b64decode(packed + b"=" * (-len(packed) % 4), validate=True)
    except binascii.Error:
        return None


def _is_legible(data: bytes) -> bool:
    """Whether bytes are text, or an archive that can be opened."""
    try:
        return not _CONTROL.search(data.decode("utf-8"))
    except UnicodeDecodeError:
        return _unpacked(data) is not None
