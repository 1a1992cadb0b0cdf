"""Where an emulated AWS is kept between commands, and who is using it."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from constructs_lib.errors import RunError

SNAPSHOT = "aws.snapshot"
LOG = "server.log"
PORT = "port"
FORGOTTEN = "forgotten"


def folder(environment: str, home: Path | None) -> Path:
    """The environment's folder, which may not exist yet.

    By default below the user's state folder (XDG Base Directory Specification), so that two
    checkouts see the same emulated AWS, as they would see the same account.
    """
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return (home or state / "microblog-vpc" / "emulated") / environment


def make(path: Path) -> None:
    """The folder, for its user alone. RunError where it is somebody else's."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.stat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise RunError(f"{path}: others may read or write it; give it to yourself, with mode 0700")


@contextmanager
def in_use(path: Path) -> Iterator[None]:
    """Keeps the server alive; waits while one is just ending. The kernel ends it with the process.

    While the server has ended and its folder is going, the lock file may be a removed one.
    """
    while True:
        make(path)
        with _opened(path / "in-use") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            if _is_at(lock, path / "in-use"):
                yield
                return


def unused(path: Path) -> int | None:
    """A descriptor of the lock, held until it is closed, if nobody uses this emulated AWS."""
    return _locked(path / "in-use")


def serving(path: Path) -> int | None:
    """A descriptor that makes its holder the one server of the folder; None where there is one.

    Asks for a second: `is_served` holds the lock for a moment too.
    """
    for _ in range(20):
        held = _locked(path / "serving")
        if held is not None:
            return held
        time.sleep(0.05)
    return None


def is_served(path: Path) -> bool:
    held = _locked(path / "serving")
    if held is not None:
        os.close(held)
    return held is None


def remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)


def _locked(file: Path) -> int | None:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


@contextmanager
def _opened(file: Path) -> Iterator[int]:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _is_at(descriptor: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), file.stat())
    except FileNotFoundError:
        return False
