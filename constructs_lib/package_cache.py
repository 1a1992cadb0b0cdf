"""jsii's package cache: where Node.js packages are unpacked, and the provider indexed, once."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

DISTRIBUTION = "cdktf-cdktf-provider-aws"
ASSEMBLY = "@cdktf/provider-aws"


def folder() -> Path:
    """By the rules of jsii 1.142's runtime, which ignores XDG_CACHE_HOME."""
    configured = os.environ.get("JSII_RUNTIME_PACKAGE_CACHE_ROOT")
    if configured:
        return Path(configured)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "com.amazonaws.jsii" / "package-cache"
    return Path.home() / ".cache" / "aws" / "jsii" / "package-cache"


def is_used() -> bool:
    return os.environ.get("JSII_RUNTIME_PACKAGE_CACHE", "enabled").lower() == "enabled"


def do_without_if_unwritable() -> None:
    """Turn the cache off where it cannot be written: jsii would fail, or hang."""
    if not is_used():
        return
    try:
        folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder()):
            pass
    except OSError as error:
        os.environ["JSII_RUNTIME_PACKAGE_CACHE"] = "disabled"
        print(
            f"{folder()}: {error.strerror}; the provider is unpacked anew each time (some 15 s): "
            "set JSII_RUNTIME_PACKAGE_CACHE_ROOT to a folder that can be written",
            file=sys.stderr,
        )


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
