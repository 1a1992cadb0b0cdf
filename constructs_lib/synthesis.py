"""Synthesise an App into a folder so that no reader ever takes half a stack for a whole one.

The stacks are built aside and moved in file by file; `synth.json`, the receipt with each stack's
digest, goes first and comes back last. Without a matching receipt a folder is not to be used.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cdktf import App

from constructs_lib.errors import RunError

RECEIPT = "synth.json"
_STAGING = ".synth-"
_LOCK = ".synth.lock"


class SynthesisError(RunError):
    """The folder cannot be written."""


@dataclass(frozen=True)
class Synthesis:
    """What stands in `folder` now: the names of its stacks, and the files that changed."""

    folder: Path
    stacks: tuple[str, ...]
    changed: tuple[Path, ...]


def synthesise(
    build: Callable[[App], dict[Path, str]],
    folder: Path,
    *,
    on_wait: Callable[[], None] = lambda: None,
) -> Synthesis:
    """Run `build` on an App and publish its stacks, and the texts it returns, in `folder`.

    The texts' paths are relative to the folder. `on_wait` is called once when another synthesis
    holds the folder. What `build` raises passes through and leaves the folder as it was.
    """
    if folder.exists() and not folder.is_dir():
        raise SynthesisError(f"{folder}: is no folder; remove it, or name another with --outdir")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder, on_wait):
            for leftover in folder.glob(f"{_STAGING}*"):
                shutil.rmtree(leftover, ignore_errors=True)
            staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=folder))
            try:
                app = App(outdir=str(staging))
                texts = build(app)
                app.synth()
                for path, text in texts.items():
                    (staging / path).parent.mkdir(parents=True, exist_ok=True)
                    (staging / path).write_text(text, encoding="utf-8")
                return _publish(staging, folder)
            finally:
                shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise SynthesisError(
            f"{error.filename or folder}: {error.strerror or error}; "
            "make the folder writable, or name another with --outdir"
        ) from error


@contextmanager
def _locked(folder: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the folder against other syntheses; the lock goes with the process."""
    with (folder / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _publish(staging: Path, folder: Path) -> Synthesis:
    new = {path.relative_to(staging): path for path in staging.rglob("*") if path.is_file()}
    stacks = tuple(sorted(json.loads((staging / "manifest.json").read_text())["stacks"]))
    receipt = _receipt(staging, stacks)
    stale = [path for path in _published(folder) if path not in new]
    changed = [path for path in sorted(new) if not _same(new[path], folder / path)]
    if stale or changed or not _same_text(receipt, folder / RECEIPT):
        (folder / RECEIPT).unlink(missing_ok=True)
        for path in stale:
            (folder / path).unlink()
        for path in changed:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            new[path].replace(folder / path)
        (staging / RECEIPT).write_text(receipt, encoding="utf-8")
        (staging / RECEIPT).replace(folder / RECEIPT)
    return Synthesis(folder, stacks, tuple(changed))


def _receipt(staging: Path, stacks: tuple[str, ...]) -> str:
    digests = {
        stack: {
            "sha256": hashlib.sha256(
                (staging / "stacks" / stack / "cdk.tf.json").read_bytes()
            ).hexdigest()
        }
        for stack in stacks
    }
    return json.dumps({"stacks": digests}, indent=2) + "\n"


def _published(folder: Path) -> Iterator[Path]:
    """What an earlier synthesis wrote; Terraform's own files beside it are not ours to remove."""
    for pattern in ("stacks/*/cdk.tf.json", "stacks/*/user-data/*.sh"):
        for path in folder.glob(pattern):
            yield path.relative_to(folder)


def _same(new: Path, old: Path) -> bool:
    return old.is_file() and new.read_bytes() == old.read_bytes()


def _same_text(new: str, old: Path) -> bool:
    return old.is_file() and new.encode() == old.read_bytes()
