"""The application as the mirror serves it: a git repository, and the Python packages it needs."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from constructs_lib.errors import RunError
from rehearsal.image import cache_folder, locked

_BESIDE = ("gunicorn", "pymysql", "cryptography")
"""What a host installs beside the application's own requirements (userdata/modules/microblog)."""

_HOSTS_PYTHON = "3.11"  # Debian 12's
_SETTING = re.compile(r"^(MICROBLOG_REPOSITORY|MICROBLOG_REVISION)=(\S+)$", re.MULTILINE)
_AUTHOR = {"GIT_AUTHOR_NAME": "rehearsal", "GIT_AUTHOR_EMAIL": "rehearsal@localhost"}
_COMMITTER = {"GIT_COMMITTER_NAME": "rehearsal", "GIT_COMMITTER_EMAIL": "rehearsal@localhost"}


@dataclass(frozen=True)
class Asked:
    """What user data fetches: `place` is "host/path" of the repository's URL."""

    place: str
    revision: str


def asked(scripts: Iterable[str]) -> Asked | None:
    """What the hosts' user data says, or None when no host deploys an application."""
    for script in scripts:
        found = dict(_SETTING.findall(script))
        if len(found) == 2:
            place = found["MICROBLOG_REPOSITORY"].strip("'").partition("://")[2]
            return Asked(place, found["MICROBLOG_REVISION"].strip("'"))
    return None


def repository(source: str, revision: str, target: Path) -> dict[str, str]:
    """A bare repository at `target`, of a folder, a repository or a URL, that has `revision`.

    Where the source has no revision of that name, its HEAD gets the name. Two more are made of it,
    to deploy: the commits "good" and "broken", which does not start. Raises RunError.
    """
    folder = Path(source)
    if folder.is_dir() and not _is_repository(folder):
        shutil.copytree(folder, work := target.with_suffix(".work"))
        _git("init", "--quiet", "--initial-branch=main", str(work))
        _git("-C", str(work), "add", "--all")
        _git("-C", str(work), "commit", "--quiet", "--message=as rehearsed")
        source = str(work)
    elif not folder.exists() and "://" not in source:
        raise RunError(f"--app {source}: there is no such folder; name a folder or a git URL")
    _git("clone", "--quiet", "--bare", "--no-hardlinks", source, str(target))
    known = _git("-C", str(target), "rev-parse", "--verify", "--quiet", revision, check=False)
    if not known:
        _git("-C", str(target), "tag", revision, "HEAD")
    made = {
        "good": _revised(target, revision, "REHEARSED", "deployed by a rehearsal\n"),
        "broken": _revised(target, revision, "microblog.py", 'raise SystemExit("rehearsed")\n'),
    }
    # For git's "dumb" protocol: the mirror serves files.
    _git("-C", str(target), "update-server-info")
    return made


def _revised(target: Path, revision: str, file: str, text: str) -> str:
    """A commit on top of a revision, with one file more or another one, on a branch of its own."""
    work = target.with_suffix(f".{file}")
    _git("clone", "--quiet", "--shared", str(target), str(work))
    _git("-C", str(work), "checkout", "--quiet", "-B", f"rehearsal-{file}", revision)
    (work / file).write_text(text, encoding="utf-8")
    _git("-C", str(work), "add", file)
    _git("-C", str(work), "commit", "--quiet", f"--message=rehearsal: {file}")
    _git("-C", str(work), "push", "--quiet", "origin", f"rehearsal-{file}")
    commit = _git("-C", str(work), "rev-parse", "HEAD").strip()
    shutil.rmtree(work)
    return commit


def _is_repository(folder: Path) -> bool:
    top = _git("-C", str(folder), "rev-parse", "--show-toplevel", check=False).strip()
    bare = _git("-C", str(folder), "rev-parse", "--is-bare-repository", check=False).strip()
    return bare == "true" or (bool(top) and Path(top).resolve() == folder.resolve())


def wheels(target: Path) -> Path:
    """A folder with the packages that every revision of the repository requires, and those beside.

    Cached by content; the first time it takes the network. Raises RunError.
    """
    names = _git("-C", str(target), "for-each-ref", "--format=%(refname)").split()
    texts = sorted(
        {_git("-C", str(target), "show", f"{name}:requirements.txt", check=False) for name in names}
    )
    digest = hashlib.sha256("\0".join((*texts, *_BESIDE)).encode()).hexdigest()[:16]
    folder = cache_folder() / f"wheels-{digest}"
    with locked():
        if not folder.is_dir():
            draft = Path(tempfile.mkdtemp(dir=cache_folder(), prefix="draft-"))
            for text in texts:
                (draft / "requirements.txt").write_text(text, encoding="utf-8")
                _download(draft)
            (draft / "requirements.txt").unlink()
            draft.rename(folder)
    return folder


def _download(draft: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(draft)]
    command += ["--only-binary=:all:", f"--python-version={_HOSTS_PYTHON}"]
    command += ["--requirement", str(draft / "requirements.txt"), *_BESIDE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise RunError(f"the application's packages: pip download: {(lines or ['failed'])[-1]}")


def _git(*arguments: str, check: bool = True) -> str:
    environment = {**os.environ, **_AUTHOR, **_COMMITTER, "GIT_TERMINAL_PROMPT": "0"}
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", *arguments],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env=environment,
    )
    if check and done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["failed"])[-1]
        raise RunError(f"git {' '.join(arguments[:3])}: {said}")
    return done.stdout if done.returncode == 0 else ""
