"""moto's WSGI application, as the emulated AWS serves it."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any
from xml.sax.saxutils import escape

WHO = "/emulated-aws"
"""The path that answers with the served folder, so that a port taken by another is told apart."""

_QUIET = 0.2
_UNSAVED = 1.0
"""Seconds after which a change is saved: when requests pause, and at the latest."""

_REMEMBERED = 256


@dataclass
class _Answer:
    status: str
    headers: list[tuple[str, str]]
    body: bytes = b""


class Application:
    """One request at a time: moto is not made for several.

    What it does not emulate is refused at once with HTTP 400, which no client tries again. A client
    that lost an answer and asks again, with the same amz-sdk-invocation-id, gets that answer.
    """

    def __init__(self, moto: Any, folder: Path) -> None:
        self.lock = Lock()
        self.last_request = time.monotonic()
        self._moto = moto
        self._folder = folder
        self._unsaved: float | None = None
        self._answered: OrderedDict[str, _Answer] = OrderedDict()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == WHO:
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [str(self._folder).encode()]
        asked = environ.get("HTTP_AMZ_SDK_INVOCATION_ID")
        with self.lock:
            self.last_request = time.monotonic()
            answer = self._answered.get(asked) if asked else None
            if answer is None:
                self._unsaved = self._unsaved or self.last_request
                answer = self._answer(environ)
                if asked:
                    self._answered[asked] = answer
                    if len(self._answered) > _REMEMBERED:
                        self._answered.popitem(last=False)
        start_response(answer.status, answer.headers)
        return [answer.body]

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

    def _answer(self, environ: dict[str, Any]) -> _Answer:
        started: list[_Answer] = []

        def start(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            started.append(_Answer(status, headers))

        try:
            body = b"".join(self._moto(environ, start))
        except Exception as error:
            print(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}: {error!r}", flush=True)
            return _refusal(environ, f"not emulated: {error or type(error).__name__}")
        started[-1].body = body
        return started[-1]


def _refusal(environ: dict[str, Any], message: str) -> _Answer:
    """In the protocol of the request."""
    told = f"<Code>UnsupportedOperation</Code><Message>{escape(message)}</Message>"
    if "json" in environ.get("CONTENT_TYPE", ""):
        kind = "application/x-amz-json-1.1"
        body = json.dumps({"__type": "UnsupportedOperation", "message": message})
    elif "/ec2/" in environ.get("HTTP_AUTHORIZATION", ""):
        kind = "text/xml"
        body = f"<Response><Errors><Error>{told}</Error></Errors></Response>"
    else:
        kind = "text/xml"
        body = f"<ErrorResponse><Error><Type>Sender</Type>{told}</Error></ErrorResponse>"
    return _Answer("400 Bad Request", [("Content-Type", kind)], body.encode())
