"""The application of tests/fixtures/microblog as a git repository with a history to deploy."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

FIXTURE = Path(__file__).parent / "fixtures" / "microblog"

_MIGRATION = '''"""{name}"""

import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = "{after}"


def upgrade():
    {upgrade}


def downgrade():
    raise NotImplementedError
'''
_LIKES = 'op.add_column("post", sa.Column("likes", sa.Integer, server_default="0"))'
_HALF = f'{_LIKES.replace("likes", "half")}\n    raise RuntimeError("this migration fails")'

_ROUTES = "app/routes.py"
_BROKEN_PAGE = 'def index():\n    raise RuntimeError("this release fails")'
_BROKEN_IMPORT = "import a_module_that_is_not_there"


def build(folder: Path) -> Mapping[str, str]:
    """A repository in `folder`; tag to commit.

    v1 and v2 are good, and v2 migrates; of these, all after v2, each fails its own way: `page`
    answers 500, `start` does not start, and `migration` fails half-way; v3 is good again.
    """
    shutil.copytree(FIXTURE, folder, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    _git(folder, "init", "--quiet", "--initial-branch", "main")
    tags = {"v1": _commit(folder, "v1")}
    _write_migration(folder, "0002", "0001", _LIKES)
    tags["v2"] = _commit(folder, "v2")
    for tag, old, new in (
        ("page", "def index():", _BROKEN_PAGE),
        ("start", "import os\n", f"{_BROKEN_IMPORT}\nimport os\n"),
    ):
        _replace(folder, old, new)
        tags[tag] = _commit(folder, tag)
        _git(folder, "reset", "--quiet", "--hard", "v2")
    _write_migration(folder, "0003", "0002", _HALF)
    tags["migration"] = _commit(folder, "migration")
    _git(folder, "reset", "--quiet", "--hard", "v2")
    tags["v3"] = _commit(folder, "v3")
    return tags


def _write_migration(folder: Path, name: str, after: str, upgrade: str) -> None:
    text = _MIGRATION.format(name=name, after=after, upgrade=upgrade)
    (folder / "migrations" / "versions" / f"{name}.py").write_text(text)


def _replace(folder: Path, old: str, new: str) -> None:
    path = folder / _ROUTES
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def _commit(folder: Path, tag: str) -> str:
    path = folder / _ROUTES
    lines = [
        f'VERSION = "{tag}"' if line.startswith("VERSION = ") else line
        for line in path.read_text().splitlines()
    ]
    path.write_text("\n".join(lines) + "\n")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--allow-empty", "--message", tag)
    _git(folder, "tag", tag)
    return _git(folder, "rev-parse", "HEAD")


def _git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]
    return subprocess.run(
        ["git", "-C", folder, *identity, *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()
