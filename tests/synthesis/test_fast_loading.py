"""The provider loaded in parts gives the same bytes, and steps aside for what it does not know."""

from __future__ import annotations

import filecmp
import importlib.util
import os
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from constructs_lib import fast_loading, package_cache
from tests.synthesised import ROOT, run_main

LAZY = ROOT / "constructs_lib" / "lazy_provider.js"


def same_files(one: Path, other: Path) -> list[str]:
    """The files of two output folders that differ or stand on one side only."""
    names = {
        str(path.relative_to(folder))
        for folder in (one, other)
        for path in folder.rglob("*")
        if path.is_file()
    }
    _, different, missing = filecmp.cmpfiles(one, other, sorted(names), shallow=False)
    return different + missing


def test_the_stock_import_gives_the_same_bytes(outdir: Path, tmp_path: Path) -> None:
    environments = outdir.parent / "environments"
    finished = run_main(
        "--environments",
        environments,
        "--outdir",
        tmp_path,
        env={fast_loading.STOCK_LOADING: "1"},
    )
    assert finished.returncode == 0, finished.stderr
    assert same_files(outdir, tmp_path) == []
    assert (tmp_path / "stacks/adopted/cdk.tf.json").is_file()


@pytest.mark.slow
def test_a_provider_of_another_shape_is_loaded_the_stock_way(outdir: Path, tmp_path: Path) -> None:
    spec = importlib.util.find_spec(fast_loading.PROVIDER)
    assert spec is not None and spec.submodule_search_locations
    real = Path(spec.submodule_search_locations[0])
    package = tmp_path / "path" / fast_loading.PROVIDER
    package.mkdir(parents=True)
    for part in real.iterdir():
        (package / part.name).symlink_to(part)
    (package / "__init__.py").unlink()
    source = (real / "__init__.py").read_text(encoding="utf-8")
    (package / "__init__.py").write_text(source + "\nSURPRISE = 1\n", encoding="utf-8")

    finished = run_main(
        "--environments",
        outdir.parent / "environments",
        "--outdir",
        tmp_path / "out",
        env={"PYTHONPATH": str(tmp_path / "path")},
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr.count("is not laid out as known") == 1
    assert same_files(outdir, tmp_path / "out") == []


@pytest.mark.parametrize(
    ("source", "known"),
    [
        (
            'import abc\nfrom ._jsii import *\n\n__all__ = [\n    "vpc",\n]\n\nfrom . import vpc\n',
            True,
        ),
        ("from ._jsii import *\nfrom . import vpc\n", False),
        ("import typing\nfrom ._jsii import *\nfrom . import vpc\nvpc.register()\n", False),
        ("import typing\nfrom . import vpc\n", False),
        ("", False),
    ],
)
def test_the_known_shape_is_imports_and_nothing_else(
    tmp_path: Path, source: str, known: bool
) -> None:
    (tmp_path / "_jsii").mkdir()
    (tmp_path / "_jsii" / "__init__.py").touch()
    (tmp_path / "__init__.py").write_text(source, encoding="utf-8")
    assert fast_loading._has_known_shape(tmp_path) is known


def test_a_package_without_an_assembly_is_of_no_known_shape(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("\nfrom ._jsii import *\nfrom . import vpc\n")
    assert not fast_loading._has_known_shape(tmp_path)


def load_index(folder: Path, index: str) -> subprocess.CompletedProcess[str]:
    """Load a made-up provider's index with the lazy script, use `vpc`, list what was compiled."""
    lib = folder / "node_modules" / "@cdktf" / "provider-aws" / "lib"
    lib.mkdir(parents=True)
    (lib / "index.js").write_text(index)
    for name in ("vpc", "eip"):
        (lib / f"{name}.js").write_text(f'console.log("compiled {name}"); exports.name = "{name}";')
    script = f'const p = require("{lib}/index.js"); console.log(p.vpc.name, Object.keys(p).join());'
    node = os.environ.get("JSII_NODE") or str(fast_loading.bundled_node())
    return subprocess.run(
        [node, "--require", str(LAZY), "-e", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_only_the_used_module_is_compiled(tmp_path: Path) -> None:
    loaded = load_index(
        tmp_path, 'exports.eip = require("./eip");\nexports.vpc = require("./vpc");\n'
    )
    assert loaded.stdout.splitlines() == ["compiled vpc", "vpc eip,vpc"]
    assert loaded.stderr == ""


def test_an_index_of_another_shape_is_compiled_as_it_stands(tmp_path: Path) -> None:
    surprise = 'exports.eip = require("./eip");\nexports.vpc = Object.freeze(require("./vpc"));\n'
    loaded = load_index(tmp_path, surprise)
    assert loaded.stdout.splitlines() == ["compiled eip", "compiled vpc", "vpc eip,vpc"]
    assert "is not the index of a prebuilt provider as known" in loaded.stderr


def test_waiting_for_the_index_ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(tmp_path))
    monkeypatch.delenv("JSII_RUNTIME_PACKAGE_CACHE", raising=False)
    slept: list[float] = []
    assert not package_cache.finish_indexing(limit=1.0, sleep=slept.append, step=0.25)
    assert slept == [0.25] * 4
    indexed = tmp_path / package_cache.ASSEMBLY / version(package_cache.DISTRIBUTION)
    (indexed / "hash").mkdir(parents=True)
    (indexed / "hash" / ".jsii.runtime.v1.json").touch()
    assert package_cache.finish_indexing(limit=1.0, sleep=slept.append)
    assert len(slept) == 4
