"""Compressed data, opened as far as anybody may ask for."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Any

# What each format begins with. Of zlib: deflate with any window, at any level (RFC 1950).
_FORMATS: dict[str, tuple[tuple[bytes, ...], Callable[[], Any]]] = {
    "gzip": ((b"\x1f\x8b",), lambda: zlib.decompressobj(wbits=31)),
    "zlib": ((b"x\x01", b"x^", b"x\x9c", b"x\xda"), zlib.decompressobj),
    "bzip2": ((b"BZh",), bz2.BZ2Decompressor),
    "xz": ((b"\xfd7zXZ\x00", b"]\x00\x00"), lambda: lzma.LZMADecompressor(memlimit=2**27)),
}

_PIECE = 65536


class TooLargeError(ValueError):
    """An archive unpacks to more than anybody can search."""


def unpack(data: bytes, most: int) -> tuple[str, bytes] | None:
    """The format of an archive and what it holds: every member, and what follows the last one.

    None for what is no archive. Of a damaged one, what comes before the damage. Raises
    TooLargeError beyond `most` bytes.
    """
    name = _format(data)
    if name is None:
        return None
    unpacked, rest = b"", data
    while rest and _format(rest) == name:
        member, rest = _member(rest, name, most - len(unpacked))
        unpacked += member
    return (name, unpacked + rest) if unpacked else None


def _format(data: bytes) -> str | None:
    return next((name for name, (starts, _) in _FORMATS.items() if data.startswith(starts)), None)


def _member(data: bytes, name: str, most: int) -> tuple[bytes, bytes]:
    """What the first member holds, and what follows it."""
    unpacker = _FORMATS[name][1]()
    unpacked = b""
    try:
        while not unpacker.eof:
            piece = unpacker.decompress(data, _PIECE)
            unpacked += piece
            if len(unpacked) > most:
                raise TooLargeError("an archive unpacks to more than anybody can search")
            data = getattr(unpacker, "unconsumed_tail", b"")
            if not (piece or data):
                break
    except (zlib.error, lzma.LZMAError, OSError):
        return unpacked, b""
    return unpacked, unpacker.unused_data if unpacker.eof else b""
