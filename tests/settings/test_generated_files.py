"""The files written from the code are current, and the check notices when they are not."""

from pathlib import Path

import pytest

from constructs_lib import generated

REPOSITORY = Path(__file__).parents[2]


def test_the_generated_files_of_this_repository_are_current() -> None:
    assert generated.stale(REPOSITORY) == [], "run python -m constructs_lib.generated"


@pytest.mark.parametrize("file", generated.FILES)
def test_a_missing_or_edited_file_is_stale_until_it_is_written(file: str, tmp_path: Path) -> None:
    (tmp_path / "environments").mkdir()
    generated.write(tmp_path)
    assert generated.stale(tmp_path) == []
    with (tmp_path / file).open("a") as edited:
        edited.write("by hand\n")
    assert generated.stale(tmp_path) == [file]
    (tmp_path / file).unlink()
    assert generated.stale(tmp_path) == [file]
    generated.write(tmp_path)
    assert generated.stale(tmp_path) == []
