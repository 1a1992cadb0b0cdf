"""The synthesised stacks of a folder: which ones, and whether each is the whole one."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reachability.terraform import UnreadableStackError

_AGAIN = "run `pipenv run synth`"


def select(folder: Path, environments: Sequence[str] = ()) -> list[Path]:
    """The `cdk.tf.json` of each stack of the environments, of all of them when none is named.

    An environment `dev` is the stack `dev` and that of its state bucket, `dev-state`.
    `synth.json`, which synthesis writes last, lists every stack with the SHA-256 of its file; a
    stack that differs from it is half-written or edited. Raises UnreadableStackError.
    """
    digests = _digests(folder)
    unlisted = [
        path.parent.name
        for path in sorted(folder.glob("stacks/*/cdk.tf.json"))
        if path.parent.name not in digests
    ]
    if unlisted:
        raise UnreadableStackError(
            f"{folder}: synth.json does not list {', '.join(unlisted)}; {_AGAIN}"
        )
    chosen = [name for name in sorted(digests) if _is_chosen(name, environments)]
    for environment in environments:
        if not any(_is_chosen(name, [environment]) for name in digests):
            raise UnreadableStackError(_no_such(environment, sorted(digests)))
    paths = [folder / "stacks" / name / "cdk.tf.json" for name in chosen]
    for path, name in zip(paths, chosen, strict=True):
        _check(path, digests[name])
    return paths


def one(folder: Path, stack: str) -> Path:
    """The `cdk.tf.json` of exactly one stack. Raises UnreadableStackError as `select` does."""
    for path in select(folder, [stack]):
        if path.parent.name == stack:
            return path
    raise UnreadableStackError(f"{folder}: holds no stack named {stack}; {_AGAIN}")


def _is_chosen(stack: str, environments: Sequence[str]) -> bool:
    names = (stack, stack.removesuffix("-state"))
    return not environments or any(name in environments for name in names)


def _no_such(environment: str, known: list[str]) -> str:
    near = difflib.get_close_matches(environment, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known) or 'none'}"
    return f"no synthesised environment is named {environment}; {hint}"


def _digests(folder: Path) -> dict[str, str]:
    record = folder / "synth.json"
    _expect_folder(folder)
    try:
        document: Any = json.loads(record.read_text(encoding="utf-8"))
        digests = {str(name): str(one["sha256"]) for name, one in document["stacks"].items()}
    except FileNotFoundError as error:
        raise UnreadableStackError(
            f"{record}: is missing, so synthesis did not finish; {_AGAIN}"
        ) from error
    except OSError as error:
        raise UnreadableStackError(f"{record}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableStackError(f"{record}: is not what synthesis writes; {_AGAIN}") from error
    if not digests:
        raise UnreadableStackError(f"{record}: lists no stack; {_AGAIN}")
    return digests


def _expect_folder(path: Path) -> None:
    try:
        is_folder, exists = path.is_dir(), path.exists()
    except OSError as error:
        raise UnreadableStackError(f"{path}: cannot be read: {error.strerror}") from error
    if exists and not is_folder:
        raise UnreadableStackError(f"{path}: is a file; name the folder that synthesis writes")
    if not exists:
        raise UnreadableStackError(f"{path}: there is no such folder; {_AGAIN}")


def _check(path: Path, digest: str) -> None:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise UnreadableStackError(
            f"{path}: is missing, though synth.json lists it; {_AGAIN}"
        ) from error
    except OSError as error:
        raise UnreadableStackError(f"{path}: cannot be read: {error.strerror}") from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise UnreadableStackError(
            f"{path}: is not what was synthesised (edited or half-written); {_AGAIN}"
        )
