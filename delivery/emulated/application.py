"""moto's WSGI application, as the emulated AWS serves it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import Any
from xml.sax.saxutils import escape

WHO = "/emulated-aws"
"""The path that answers with the served folder, so that a port taken by another is told apart."""

_QUIET = 0.2
_UNSAVED = 1.0
"""Seconds after which a change is saved: when requests pause, and at the latest."""


class Application:
    """One request at a time: moto is not made for several.

    What it does not emulate is refused at once with HTTP 400, which no client tries again.
    """

    def __init__(self, moto: Any, folder: Path) -> None:
        self.lock = Lock()
        self.last_request = time.monotonic()
        self._moto = moto
        self._folder = folder
        self._unsaved: float | None = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == WHO:
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [str(self._folder).encode()]
        with self.lock:
            self.last_request = time.monotonic()
            self._unsaved = self._unsaved or self.last_request
            try:
                return [b"".join(self._moto(environ, start_response))]
            except Exception as error:
                print(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}: {error!r}", flush=True)
                kind, body = _refusal(environ, f"not emulated: {error or type(error).__name__}")
                start_response("400 Bad Request", [("Content-Type", kind)])
                return [body.encode()]

    def must_be_saved(self) -> bool:
        now = time.monotonic()
        return self._unsaved is not None and (
            now - self.last_request > _QUIET or now - self._unsaved > _UNSAVED
        )

    def has_changed(self) -> bool:
        return self._unsaved is not None

    def saved(self) -> None:
        """Everything until now; to be called with the lock."""
        self._unsaved = None


def _refusal(environ: dict[str, Any], message: str) -> tuple[str, str]:
    """The content type and the body, in the protocol of the request."""
    if "json" in environ.get("CONTENT_TYPE", ""):
        error = {"__type": "UnsupportedOperation", "message": message}
        return "application/x-amz-json-1.1", json.dumps(error)
    told = f"<Code>UnsupportedOperation</Code><Message>{escape(message)}</Message>"
    if "/ec2/" in environ.get("HTTP_AUTHORIZATION", ""):
        return "text/xml", f"<Response><Errors><Error>{told}</Error></Errors></Response>"
    return "text/xml", f"<ErrorResponse><Error><Type>Sender</Type>{told}</Error></ErrorResponse>"
