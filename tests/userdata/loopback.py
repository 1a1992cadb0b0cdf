"""Programs that a test starts on loopback, and asks over HTTP."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

PATIENCE = 60
"""Seconds to wait for what ought to happen within one or two."""

Found = TypeVar("Found")


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def eventually(look: Callable[[], Found], what: str) -> Found:
    """The first truthy answer; fails with the last one."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what}: {found!r}"
        time.sleep(0.2)


def get(url: str, **query: str | list[str]) -> str:
    """The body, of an answer of whatever status."""
    asked = f"{url}?{urllib.parse.urlencode(query, doseq=True)}" if query else url
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            body: bytes = answer.read()
    except urllib.error.HTTPError as error:
        body = error.read()
    return body.decode()


def ask(url: str, **query: str | list[str]) -> Any:
    """`data` of an answer of Prometheus's API."""
    answer = json.loads(get(url, **query))
    assert answer["status"] == "success", answer
    return answer["data"]


class Programs:
    """Started in `folder`, where each has its log; ended with the context."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(
        self,
        *command: str | Path,
        ready: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Wait until the URL `ready`, if any, answers at all."""
        name = f"{len(self._running)}-{Path(command[0]).name}"
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **(environment or {})},
            )
        self._running[name] = process

        def answers() -> bool:
            assert process.poll() is None, log.read_text()
            try:
                get(ready)
            except OSError:
                return False
            return True

        if ready:
            eventually(answers, f"{name} answers {ready}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in reversed(self._running.values()):
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
