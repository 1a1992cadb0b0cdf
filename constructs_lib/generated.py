"""The files that are written from this code and kept in the repository."""

import argparse
import sys
from pathlib import Path

from constructs_lib import port_matrix
from constructs_lib.settings import schema

FILES = {
    schema.FILE: schema.rendered,
    port_matrix.FILE: port_matrix.markdown,
}
"""By path in the repository, what renders the file."""


def stale(repository: Path) -> list[str]:
    """The files that are missing or differ from what the code renders."""
    return [file for file, rendered in FILES.items() if _text(repository / file) != rendered()]


def write(repository: Path) -> None:
    """Bring every file up to date."""
    for file in stale(repository):
        (repository / file).parent.mkdir(exist_ok=True)
        (repository / file).write_text(FILES[file](), encoding="utf-8")


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def main() -> int:
    """Write or check; 1 if a file is stale or cannot be written."""
    parser = argparse.ArgumentParser(description="Write the files that the code generates.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if one is stale")
    checking = parser.parse_args().check
    repository = Path(__file__).parent.parent
    try:
        if not checking:
            write(repository)
        remaining = stale(repository)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    for file in remaining:
        print(f"{file}: is stale; run python -m constructs_lib.generated", file=sys.stderr)
    return 1 if remaining else 0


if __name__ == "__main__":
    raise SystemExit(main())
