"""shellcheck and shfmt over the sources, and shellcheck over what is made of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from userdata_hosts import SETTINGS

from constructs_lib.userdata import ROLES, ROOT, render

BIN = Path(sys.executable).parent
PROGRAMS = [
    path
    for path in sorted((ROOT / "files").rglob("*"))
    if path.is_file() and (path.suffix == ".sh" or path.read_text().startswith("#!/bin/bash"))
]
SOURCES = [*ROOT.glob("*/*.sh"), *PROGRAMS, Path(__file__).parent / "fakes" / "fake"]


def output(*command: str | Path) -> str:
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    return result.stdout + result.stderr


def test_shellcheck_has_nothing_to_say_about_the_sources() -> None:
    assert output(BIN / "shellcheck", *SOURCES) == ""


def test_shfmt_would_change_nothing() -> None:
    assert output(BIN / "shfmt", "-i", "2", "-ci", "-d", *SOURCES) == ""


def test_the_shell_tests_are_held_to_the_same() -> None:
    tests = [*(Path(__file__).parent / "bats").iterdir()]
    # Not below a warning: expansions in single quotes and changes in subshells are what tests do.
    checked = output(BIN / "shellcheck", "--shell=bats", "--severity=warning", *tests)
    assert checked == ""
    assert output(BIN / "shfmt", "-ln", "bats", "-i", "2", "-ci", "-d", *tests) == ""


@pytest.mark.parametrize("role", ROLES)
def test_shellcheck_has_nothing_to_say_about_a_rendered_script(role: str, tmp_path: Path) -> None:
    script = tmp_path / f"{role}.sh"
    script.write_text(render(role, ROLES[role], SETTINGS[role]).script)
    assert output(BIN / "shellcheck", "--rcfile", ROOT / ".shellcheckrc", script) == ""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_shell_file_is_one_subject(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 140
