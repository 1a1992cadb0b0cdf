"""Running `terraform apply -json` to its end, whatever happens to whoever watches it.

The engine runs in a session of its own and writes its events to a file: neither Ctrl-C in the
terminal nor the death of this process tears it from what it has begun. An interrupt is passed on
once, as SIGINT; the engine then stops in order and saves the state.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from delivery import terraform_cli

_POLL = 0.05

_KINDS: Mapping[str, Literal["started", "running", "done", "failed"]] = {
    "apply_start": "started",
    "apply_progress": "running",
    "apply_complete": "done",
    "apply_errored": "failed",
}


@dataclass(frozen=True)
class Step:
    """What happens to one resource; `action` is create, update or delete, `seconds` so far."""

    kind: Literal["started", "running", "done", "failed"]
    address: str
    action: str
    seconds: int


@dataclass
class Applied:
    """How an apply ended: `errors` are the engine's own words, each with its resource."""

    code: int = 0
    interrupted: bool = False
    errors: tuple[str, ...] = ()


def apply(
    folder: Path,
    plan: Path,
    log: Path,
    *,
    variables: Mapping[str, str] | None = None,
    tell: Callable[[Step], None] = lambda _: None,
    on_interrupt: Callable[[], None] = lambda: None,
) -> Applied:
    """Apply a saved plan; its events are kept in `log`.

    `tell` hears of every resource, `on_interrupt` of the interrupt once it is passed on.
    """
    with terraform_cli.environment(variables) as given, log.open("wb") as written:
        log.chmod(0o600)
        process = subprocess.Popen(
            [
                terraform_cli.binary(),
                f"-chdir={folder}",
                "apply",
                "-json",
                "-input=false",
                str(plan.absolute()),
            ],
            env=given,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        result = Applied()
        errors: list[str] = []
        with _passing_interrupts(process, result, on_interrupt), log.open("rb") as read:
            for line in _lines(read, process):
                step, error = _event(line)
                if step is not None:
                    tell(step)
                if error:
                    errors.append(error)
    result.code, result.errors = process.wait(), tuple(dict.fromkeys(errors))
    return result


@contextmanager
def _passing_interrupts(
    process: subprocess.Popen[bytes], result: Applied, on_interrupt: Callable[[], None]
) -> Iterator[None]:
    """The first Ctrl-C, or SIGTERM, goes to the engine; a second would make it drop its work."""

    def handle(*_: Any) -> None:
        if not result.interrupted:
            result.interrupted = True
            os.kill(process.pid, signal.SIGINT)
            on_interrupt()

    before = {one: signal.signal(one, handle) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _lines(file: BinaryIO, process: subprocess.Popen[bytes]) -> Iterator[str]:
    """Every whole line as it is written, and at the end what is left."""
    rest = b""
    ended = False
    while True:
        rest += file.read()
        *whole, rest = rest.split(b"\n")
        yield from (line.decode(errors="replace") for line in whole)
        if ended:
            yield rest.decode(errors="replace")
            return
        ended = process.poll() is not None
        if not ended:
            time.sleep(_POLL)


def _event(line: str) -> tuple[Step | None, str]:
    """A resource's step, or an error in words. Terraform page "Machine-Readable UI"."""
    try:
        event = json.loads(line)
        kind = event["type"]
    except (ValueError, KeyError, TypeError):
        return None, line.strip()  # the engine's last words when it crashes are no JSON
    if kind in _KINDS:
        hook = event["hook"]
        seconds = int(hook.get("elapsed_seconds", 0))
        return Step(_KINDS[kind], hook["resource"]["addr"], hook["action"], seconds), ""
    if kind == "diagnostic" and event["diagnostic"]["severity"] == "error":
        return None, _words(event["diagnostic"])
    return None, ""


def _words(diagnostic: Mapping[str, Any]) -> str:
    where = f"{diagnostic['address']}: " if diagnostic.get("address") else ""
    detail = diagnostic.get("detail", "")
    return f"{where}{diagnostic['summary']}" + (f"\n{detail}" if detail else "")
