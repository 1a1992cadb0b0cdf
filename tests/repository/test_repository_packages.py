"""Packages are pinned, and no file says which index they come from."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker
from repository_files import ROOT, run, text

from tools.strip_lock import stripped

PIPFILE: dict[str, Any] = tomllib.loads(text("Pipfile"))
LOCK: dict[str, Any] = json.loads(text("Pipfile.lock"))
SECTIONS = {"packages": "default", "dev-packages": "develop"}
EXACT = re.compile(r"==(\d+!)?\d+(?:\.\d+)*(?:\.post\d+)?")


def canonical(name: str) -> str:
    """A package's name as indexes compare it (PyPA, "Names and normalization")."""
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted_versions(section: str) -> dict[str, str]:
    """Name to version; an entry with extras is a table."""
    return {
        name: wanted if isinstance(wanted, str) else wanted["version"]
        for name, wanted in PIPFILE[section].items()
    }


def test_the_pipfile_names_no_index() -> None:
    assert set(PIPFILE) == {"packages", "dev-packages", "scripts"}


def test_the_lock_names_no_index() -> None:
    assert LOCK["_meta"]["sources"] == []
    assert [
        name for section in SECTIONS.values() for name, entry in LOCK[section].items()
        if set(entry) & {"index", "path", "file"}
    ] == []  # fmt: skip


@pytest.mark.parametrize("section", SECTIONS)
def test_every_package_of_the_pipfile_is_pinned_exactly(section: str) -> None:
    assert {
        name: wanted
        for name, wanted in wanted_versions(section).items()
        if not EXACT.fullmatch(wanted)
    } == {}


@pytest.mark.parametrize("section", SECTIONS)
def test_the_lock_was_made_from_the_pipfile(section: str) -> None:
    locked = {canonical(name): entry["version"] for name, entry in LOCK[SECTIONS[section]].items()}
    wanted = wanted_versions(section)
    assert {canonical(name): version for name, version in wanted.items()}.items() <= (
        locked.items()
    )


def test_every_locked_package_has_an_exact_version_and_its_hashes() -> None:
    assert [
        name for section in SECTIONS.values() for name, entry in LOCK[section].items()
        if not entry["version"].startswith("==") or not entry["hashes"]
    ] == []  # fmt: skip


def test_the_cdktf_cli_is_pinned_exactly() -> None:
    wanted = json.loads(text("package.json"))["devDependencies"]["cdktf-cli"]
    lock = json.loads(text("package-lock.json"))
    assert wanted == lock["packages"]["node_modules/cdktf-cli"]["version"]
    assert f"=={wanted}" == PIPFILE["packages"]["cdktf"]


def test_the_npm_lock_names_no_index_and_has_the_hash_of_every_package() -> None:
    packages = json.loads(text("package-lock.json"))["packages"]
    del packages[""]
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [
        name
        for name, entry in packages.items()
        if not entry.get("integrity", "").startswith("sha512-") and not entry.get("inBundle")
    ] == []


def test_a_stripped_lock_differs_only_in_its_indexes(tmp_path: Path) -> None:
    named = json.loads(text("Pipfile.lock"))
    named["_meta"]["sources"] = [{"name": "ours", "url": "https://packages.example.org/simple"}]
    for section in SECTIONS.values():
        for entry in named[section].values():
            entry["index"] = "ours"
    lock = tmp_path / "Pipfile.lock"
    lock.write_text(json.dumps(named, indent=4))
    assert run(sys.executable, "-m", "tools.strip_lock", lock).stdout == ""
    assert lock.read_text() == text("Pipfile.lock")


def test_stripping_twice_is_stripping_once() -> None:
    assert stripped(text("Pipfile.lock")) == text("Pipfile.lock")


def test_make_lock_strips_what_pipenv_wrote() -> None:
    planned = run("make", "--dry-run", "lock").stdout.splitlines()
    assert planned[-2].startswith("PIP_CONFIG_FILE=/dev/null ")
    assert planned[-2].endswith("pipenv lock --dev")
    assert planned[-1].endswith(" -m tools.strip_lock Pipfile.lock")
    assert (ROOT / "tools/strip_lock.py").is_file()


def test_no_package_is_left_out_on_the_oldest_python_that_we_promise() -> None:
    oldest = {"python_version": "3.11", "python_full_version": "3.11.0"}
    assert [
        name
        for section in SECTIONS.values()
        for name, entry in LOCK[section].items()
        for marker in (Marker(entry.get("markers", "python_version > '0'")),)
        if marker.evaluate() and not marker.evaluate(oldest)
    ] == []
