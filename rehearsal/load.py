"""Clients that keep asking, while something else happens."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal import conversations


@dataclass
class Load:
    """`clients` threads that get `path`, one after the other, `pause` seconds apart, until the
    block ends. `name` is for people, `failures` says of each failed request what came instead.
    """

    name: str
    space: Path
    client: str
    address: str
    port: int
    clients: int = 2
    pause: float = 0.2
    path: str = "/"
    answered: int = 0
    failures: list[str] = field(default_factory=list)

    def __enter__(self) -> Load:
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._ask) for _ in range(self.clients)]
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for one in self._threads:
            one.join()

    def _ask(self) -> None:
        while not self._over.is_set():
            said = ""
            try:
                status, _, _ = conversations.get(
                    self.space, self.client, self.address, self.port, self.path
                )
                said = "" if status < 400 else f"status {status}"
            except OSError as error:
                said = error.strerror or str(error)
            with self._lock:
                if said:
                    self.failures.append(f"{time.strftime('%T')} {said}")
                else:
                    self.answered += 1
            self._over.wait(self.pause)
