"""Files that are written from the code and kept in the repository."""

import argparse
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent


def keep(file: str, content: str) -> int:
    """Write the file, a path in the repository, or check it; the process's exit code."""
    parser = argparse.ArgumentParser(description=f"Write {file}.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if stale")
    checking = parser.parse_args().check
    path = REPOSITORY / file
    try:
        if not checking:
            path.parent.mkdir(exist_ok=True)
            path.write_text(content, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != content:
            print(f"{file}: is stale; run this without --check", file=sys.stderr)
            return 1
    except OSError as error:
        print(f"{file}: cannot be kept ({error.strerror})", file=sys.stderr)
        return 1
    return 0
