"""The process that is the emulated AWS: moto on a loopback port, for as long as somebody uses it.

It outlives a command that is killed, as AWS would, and ends by itself.
"""

from __future__ import annotations

import signal
import time
from pathlib import Path
from threading import Event, Thread
from typing import Any

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from delivery.emulated import home, patches, snapshot
from delivery.emulated.application import Application
from delivery.files import write_private

_TICK = 0.1
_LINGER = 2.0
"""Seconds after the last request: an engine whose command was killed may still be at work."""


def serve(folder: Path) -> None:
    """Answer until nobody uses the folder's emulated AWS; its snapshot then holds everything.

    A snapshot is written within a second of a change. Raises SnapshotError.
    """
    if home.serving(folder) is None:
        return
    (folder / home.PORT).unlink(missing_ok=True)
    told_to_end = Event()
    signal.signal(signal.SIGTERM, lambda *_: told_to_end.set())
    patches.apply()
    if (folder / home.SNAPSHOT).exists():
        snapshot.restore(folder / home.SNAPSHOT)
    application = Application(DomainDispatcherApplication(create_backend_app), folder)
    _listen(application, folder)
    while not told_to_end.wait(_TICK):
        if not folder.exists() or (folder / home.FORGOTTEN).exists():
            return
        if application.must_be_saved():
            _save(application, folder)
        if time.monotonic() - application.last_request > _LINGER and home.unused(folder):
            break
    if application.has_changed():
        _save(application, folder)
    (folder / home.PORT).unlink(missing_ok=True)


class _Handler(MotoRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: Any) -> None:
        """A line a request would fill the disk."""


def _listen(application: Application, folder: Path) -> None:
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    write_private(folder / home.PORT, str(server.server_port))


def _save(application: Application, folder: Path) -> None:
    with application.lock:
        taken = snapshot.taken()
        application.saved()
    write_private(folder / home.SNAPSHOT, taken)
