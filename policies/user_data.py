"""User data unwrapped to the texts inside it: base64, gzip, MIME parts and embedded files."""

from __future__ import annotations

import base64
import binascii
import email
import email.policy
import re
import zlib
from collections.abc import Iterator

# User data has at most 16 KB as it travels (Amazon EC2 User Guide: "Run commands at launch"); no
# honest script unpacks to sixty-four times that.
_MOST_BYTES = 1024 * 1024
_MOST_LAYERS = 6

_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4}[ \t]*\r?\n?[ \t]*){10,}(?:[A-Za-z0-9+/]{2,3}={0,2})?")


class TooLargeError(ValueError):
    """An archive in user data unpacks to more than anybody can search."""


def texts(written: str) -> Iterator[tuple[str, str]]:
    """Every text inside user data, as (where it was, text): ("plain", …), ("gzip in base64", …).

    Raises TooLargeError.
    """
    yield from _layers(written.encode("utf-8", "replace"), ())


def _layers(data: bytes, wrapping: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if len(wrapping) > _MOST_LAYERS:
        return
    if data[:2] == b"\x1f\x8b":
        yield from _layers(_gunzip(data), (*wrapping, "gzip"))
        return
    yield " in ".join(reversed(wrapping)) or "plain", data.decode("utf-8", "replace")
    if re.match(rb"\s*(?:content-type|mime-version):", data, re.IGNORECASE):
        for part in _parts(data):
            yield from _layers(part, (*wrapping, "MIME part"))
    for blob in _BASE64.finditer(data):
        inner = _decoded(blob[0])
        if inner is not None:
            yield from _layers(inner, (*wrapping, "base64"))


def _gunzip(data: bytes) -> bytes:
    """The unpacked bytes; of a damaged stream none, as no host could run it either."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(data, _MOST_BYTES)
    except zlib.error:
        return b""
    if unpacker.unconsumed_tail:
        raise TooLargeError(f"an archive unpacks to more than {_MOST_BYTES} bytes")
    return unpacked


def _parts(data: bytes) -> Iterator[bytes]:
    message = email.message_from_bytes(data.lstrip(), policy=email.policy.compat32)
    for part in message.walk():
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            yield payload


def _decoded(blob: bytes) -> bytes | None:
    """What base64 text holds, if that is gzip or text itself; a hash or a long path is neither."""
    packed = b"".join(blob.split())
    try:
        data = base64.b64decode(packed + b"=" * (-len(packed) % 4), validate=True)
    except binascii.Error:
        return None
    if data[:2] == b"\x1f\x8b":
        return data
    printable = sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in data)
    return data if printable >= 0.9 * len(data) else None
