"""Take the package index out of Pipfile.lock: whoever installs decides where packages come from.

`python -m tools.strip_lock Pipfile.lock`
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def stripped(lock: str) -> str:
    """The lock's text without `_meta.sources` and without the packages' `index`."""
    document = json.loads(lock)
    document["_meta"]["sources"] = []
    for section in ("default", "develop"):
        for package in document[section].values():
            package.pop("index", None)
    return json.dumps(document, indent=4, sort_keys=True) + "\n"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(stripped(path.read_text(encoding="utf-8")), encoding="utf-8")
