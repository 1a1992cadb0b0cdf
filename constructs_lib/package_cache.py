"""jsii's package cache: where Node.js packages are unpacked, and the provider indexed, once."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

DISTRIBUTION = "cdktf-cdktf-provider-aws"
ASSEMBLY = "@cdktf/provider-aws"
_CONFIGURED = "JSII_RUNTIME_PACKAGE_CACHE_ROOT"


def folder() -> Path:
    """By the rules of jsii 1.142's runtime, which ignores XDG_CACHE_HOME."""
    configured = os.environ.get(_CONFIGURED)
    if configured:
        return Path(configured)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "com.amazonaws.jsii" / "package-cache"
    return Path.home() / ".cache" / "aws" / "jsii" / "package-cache"


def is_used() -> bool:
    return os.environ.get("JSII_RUNTIME_PACKAGE_CACHE", "enabled").lower() == "enabled"


def do_without_if_unusable() -> None:
    """Turn the cache off where jsii would not have it: there it fails, or hangs."""
    if not is_used():
        return
    reason = _unusable()
    if reason:
        os.environ["JSII_RUNTIME_PACKAGE_CACHE"] = "disabled"
        print(
            f"{reason}; the provider is unpacked anew each time (some 15 s): "
            "set JSII_RUNTIME_PACKAGE_CACHE_ROOT to a folder that only you can write",
            file=sys.stderr,
        )


def _unusable() -> str | None:
    """What is wrong with the cache folder, which is made if need be; None when it is fine."""
    before = os.umask(0o077)
    try:
        folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder()):
            pass
    except OSError as error:
        return f"{folder()}: {error.strerror}"
    finally:
        os.umask(before)
    if os.environ.get(_CONFIGURED):
        return None  # jsii trusts a folder that it is given
    for one in (folder(), *folder().parents):
        status = one.stat()
        if status.st_uid not in (0, os.getuid()):
            return f"{one} belongs to another user"
        if status.st_mode & 0o022 and not status.st_mode & stat.S_ISVTX:
            return f"{one} can be written by other users"
    return None


def is_first_use() -> bool:
    """Whether jsii still has to unpack and index the provider (about 15 s, 1.3 GB, once)."""
    assembly = folder() / ASSEMBLY / version(DISTRIBUTION)
    return is_used() and not any(assembly.glob("*/.jsii.runtime.v1.json"))


def finish_indexing(
    *, limit: float = 120.0, sleep: Callable[[float], None] = time.sleep, step: float = 0.2
) -> bool:
    """Wait up to `limit` seconds for jsii's background indexing of the provider.

    A process that ends earlier leaves no index, and every later one pays for that with 3 s and
    600 MB (jsii 1.142). False when no index has appeared.
    """
    waited = 0.0
    while is_first_use():
        if waited >= limit:
            return False
        sleep(step)
        waited += step
    return True
