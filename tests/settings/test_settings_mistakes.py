"""Every mistake in an environment file is told in its own line: field, value, reason, fix."""

import tomllib
from pathlib import Path

import pytest

from tests.settings.sample import SOUND, changed, lines

MISTAKES = tomllib.loads(Path(__file__).with_name("mistakes.toml").read_text())["mistake"]


def test_the_sample_that_the_mistakes_change_is_sound(tmp_path: Path) -> None:
    assert lines(tmp_path / "dev.toml", SOUND) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=[repr(one["new"])[1:-1] for one in MISTAKES])
def test_a_mistake_is_told_in_exactly_these_lines(mistake: dict, tmp_path: Path) -> None:
    content = changed(mistake["old"], mistake["new"])
    assert lines(tmp_path / "dev.toml", content) == mistake["told"]


def test_mistakes_in_different_tables_are_told_together(tmp_path: Path) -> None:
    content = changed('project = "microblog"', 'porject = "microblog"')
    content = content.replace('cidr = "10.0.0.0/18"', 'cidr = "10.0.0.1/18"')
    content = content.replace('address = "10.0.1.204"', 'address = "10.0.1.1"')
    content = content.replace('"v0.23"', '"v0 .23"')
    told = lines(tmp_path / "dev.toml", content)
    assert [line.partition(":")[0].partition(" = ")[0] for line in told] == [
        "project",
        "microblog.revision",
        "application.cidr",
        "porject",
        "servers.web.address",
    ]


def test_a_credential_in_the_repository_is_not_repeated(tmp_path: Path) -> None:
    content = changed("https://github.com", "https://me:hunter2@github.com")
    assert "hunter2" not in "".join(lines(tmp_path / "dev.toml", content))


@pytest.mark.parametrize("stem", ("Dev", "dev.old", "de v", "aws", "9", "a--b", "d" * 25))
def test_a_file_whose_name_is_no_environment_name_is_to_be_renamed(
    stem: str, tmp_path: Path
) -> None:
    (told,) = lines(tmp_path / f"{stem}.toml", SOUND)
    assert told.startswith(f'name = "{stem}": ')
    assert "; rename the file: " in told
