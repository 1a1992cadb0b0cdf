"""The exporter of gunicorn by itself: what it makes of datagrams, and of a gunicorn that is ill."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from loopback import Programs, eventually, free_port, get

from constructs_lib.userdata import ROOT


class Gunicorn(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def gunicorn() -> Iterator[int]:
    Gunicorn.status = 200
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gunicorn)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


class Exporter:
    def __init__(self, programs: Programs, gunicorn: int) -> None:
        self.statsd, self.port = free_port(socket.SOCK_DGRAM), free_port()
        programs.start(
            "/usr/bin/python3",
            ROOT / "files/gunicorn_exporter/gunicorn_exporter.py",
            *(str(self.statsd), str(self.port), f"http://127.0.0.1:{gunicorn}/"),
            ready=f"http://127.0.0.1:{self.port}/metrics",
        )

    def send(self, *messages: bytes) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for message in messages:
                sender.sendto(message, ("127.0.0.1", self.statsd))

    def metrics(self) -> dict[str, float]:
        text = get(f"http://127.0.0.1:{self.port}/metrics")
        return {
            name: float(value) for name, value in re.findall(r"^(gunicorn_\S+) (\S+)$", text, re.M)
        }


@pytest.fixture
def exporter(gunicorn: int, tmp_path: Path) -> Iterator[Exporter]:
    with Programs(tmp_path) as programs:
        yield Exporter(programs, gunicorn)


def test_messages_are_counted_and_what_is_none_is_not(exporter: Exporter) -> None:
    exporter.send(
        b"gunicorn.request.duration:1.2.3|ms",
        b"gunicorn.request.status.20:1|c|@1.0",
        b"gunicorn.workers:many|g",
        b"another.request.status.200:1|c|@1.0",
        b"\xff\x00",
        b"",
        b"gunicorn.request.status.200:1|c|@1.0",
        b"gunicorn.request.duration:1500.0|ms",
        b"gunicorn.log.error:1|c|@1.0",
        b"gunicorn.workers:4|g",
    )
    eventually(lambda: exporter.metrics()["gunicorn_workers"] == 4, "the last is counted")
    seen = exporter.metrics()
    assert {name: value for name, value in seen.items() if "responses_total" in name} == {
        'gunicorn_responses_total{code="200"}': 1
    }
    assert seen["gunicorn_request_seconds_count"] == 1
    assert seen["gunicorn_request_seconds_sum"] == 1.5
    assert seen['gunicorn_log_messages_total{level="error"}'] == 1


@pytest.mark.parametrize(("status", "up"), [(200, 1), (404, 1), (500, 0), (503, 0)])
def test_a_gunicorn_that_answers_with_errors_of_its_own_is_not_up(
    exporter: Exporter, status: int, up: int
) -> None:
    Gunicorn.status = status
    assert exporter.metrics()["gunicorn_up"] == up


def test_a_gunicorn_that_takes_a_connection_and_says_nothing_is_not_up(tmp_path: Path) -> None:
    with socket.socket() as silent, Programs(tmp_path) as programs:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert Exporter(programs, silent.getsockname()[1]).metrics()["gunicorn_up"] == 0
