"""Files and folders that cannot be read as environments are told of in one line each."""

import errno
import os
from pathlib import Path

import pytest

from constructs_lib.settings import ConfigurationError, load, load_all
from tests.settings.sample import SOUND, changed, lines

UNREADABLE = {
    "empty": (b"", "is empty; begin with a copy of dev.toml"),
    "blank": (b" \n\t\n", "is empty; begin with a copy of dev.toml"),
    "unfinished table": (
        b'project = "x"\n[management\n',
        "line 2, column 12: broken TOML: Expected ']' at the end of a table declaration; "
        "write key = value, text in quotes, each key and table once",
    ),
    "text without quotes": (
        b"project = microblog\n",
        "line 1, column 11: broken TOML: Invalid value; "
        "write key = value, text in quotes, each key and table once",
    ),
    "key twice": (
        b"a = 1\na = 2\n",
        "line 2, column 6: broken TOML: Cannot overwrite a value; "
        "write key = value, text in quotes, each key and table once",
    ),
    "Latin-1": (
        'project = "x"\n# né\n'.encode("latin-1"),
        "line 2: is not UTF-8 (byte 0xe9); save it as UTF-8",
    ),
    "UTF-16": (
        SOUND.encode("utf-16"),
        "line 1: is not UTF-8 (byte 0xff); save it as UTF-8",
    ),
    "a number of 5,000 digits": (
        b"a = " + b"9" * 5000,
        "holds a number or a nesting beyond all measure; write it as dev.toml is written",
    ),
    "10,000 brackets": (
        b"a = " + b"[" * 10000,
        "holds a number or a nesting beyond all measure; write it as dev.toml is written",
    ),
    "huge": (
        b"#" * 20000,
        "is larger than 16384 bytes; keep only what differs between environments",
    ),
}


@pytest.mark.parametrize(("content", "told"), UNREADABLE.values(), ids=UNREADABLE)
def test_content_that_is_no_toml_is_told_of_in_one_line(
    content: bytes, told: str, tmp_path: Path
) -> None:
    assert lines(tmp_path / "dev.toml", content) == [told]


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + SOUND.replace("\n", "\r\n").encode()
    assert lines(tmp_path / "dev.toml", content) == []


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dev.toml").mkdir()
    assert told(load, tmp_path / "dev.toml") == "is a folder; put a TOML file in its place"


def test_a_named_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "dev.toml")
    assert told(load, tmp_path / "dev.toml") == "is no regular file; put a TOML file in its place"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("dev.toml", "No such file or directory"), ("a\0b.toml", "embedded null byte")],
)
def test_a_file_that_is_not_there_is_told_of(name: str, reason: str, tmp_path: Path) -> None:
    line = told(load, tmp_path / name, shown=name.replace("\0", r"\x00"))
    assert line == f"cannot be read ({reason}); check its path and its mode"


def test_a_file_without_read_permission_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "dev.toml").write_text(SOUND)
    monkeypatch.setattr(Path, "open", denied)  # a file's mode means nothing to root
    line = told(load, tmp_path / "dev.toml")
    assert line == "cannot be read (Permission denied); check its path and its mode"


def test_all_environments_are_loaded_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("prod", "dev", "staging"):
        (tmp_path / f"{name}.toml").write_text(SOUND)
    (tmp_path / ".dev.toml").write_text("an editor's copy")
    (tmp_path / "environment.schema.json").write_text("{}")
    assert [one.name for one in load_all(tmp_path)] == ["dev", "prod", "staging"]


def test_named_environments_are_loaded_once_each_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "dev.toml").write_text(SOUND)
    (tmp_path / "prod.toml").write_text(SOUND)
    (tmp_path / "broken.toml").write_text("[")
    assert [one.name for one in load_all(tmp_path, ("prod", "dev", "prod"))] == ["dev", "prod"]


@pytest.mark.parametrize(
    ("name", "fix"),
    [("prd", "did you mean prod?"), ("../dev", "did you mean dev?"), ("x", "it holds dev, prod")],
)
def test_an_unknown_environment_is_told_of_with_the_nearest(
    name: str, fix: str, tmp_path: Path
) -> None:
    (tmp_path / "dev.toml").write_text(SOUND)
    (tmp_path / "prod.toml").write_text(SOUND)
    with pytest.raises(ConfigurationError) as caught:
        load_all(tmp_path, ("dev", name))
    assert str(caught.value) == f'{tmp_path}: holds no environment "{name}"; {fix}'


def test_a_folder_without_an_environment_is_told_of(tmp_path: Path) -> None:
    assert told(load_all, tmp_path) == "holds no environment; write one, such as dev.toml"


def test_a_missing_folder_is_told_of(tmp_path: Path) -> None:
    line = told(load_all, tmp_path / "envs")
    assert line == "cannot be read (No such file or directory); name a folder of environment files"


def test_the_problems_of_all_files_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "dev.toml").write_text(changed('"v0.23"', '""'))
    (tmp_path / "prod.toml").write_text("[")
    (tmp_path / "sound.toml").write_text(SOUND)
    with pytest.raises(ConfigurationError) as caught:
        load_all(tmp_path)
    files = [Path(problem.file).name for problem in caught.value.problems]
    assert files == ["dev.toml", "prod.toml"]


def told(read: object, path: Path, shown: str | None = None) -> str:
    """The one line of the error, without the path."""
    with pytest.raises(ConfigurationError) as caught:
        read(path)
    return str(caught.value).removeprefix(f"{path.parent / shown if shown else path}: ")


def test_a_name_kept_for_state_buckets_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dev-state.toml").write_text(SOUND)
    with pytest.raises(ConfigurationError) as error:
        load(tmp_path / "dev-state.toml")
    assert str(error.value) == (
        f'{tmp_path}/dev-state.toml: ends in "-state", as the stacks of state buckets do; '
        "rename the file"
    )


def test_two_environments_do_not_share_a_bucket(tmp_path: Path) -> None:
    state = '\n[state]\nbucket = "{}"\n'
    (tmp_path / "dev.toml").write_text(SOUND + state.format("microblog-state-one"))
    (tmp_path / "prod.toml").write_text(SOUND + state.format("microblog-state-two"))
    assert len(load_all(tmp_path)) == 2
    (tmp_path / "prod.toml").write_text(SOUND + state.format("microblog-state-one"))
    with pytest.raises(ConfigurationError) as error:
        load_all(tmp_path)
    assert str(error.value) == (
        f'{tmp_path}/prod.toml: state.bucket = "microblog-state-one": holds the state of dev '
        "already; name a bucket of its own"
    )
