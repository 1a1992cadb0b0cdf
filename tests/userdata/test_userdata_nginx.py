"""The web host's nginx, the real one, on loopback: its distribution's nginx.conf, our site, and an
upstream that says what it was asked."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from userdata_hosts import SETTINGS, make_host, need, path_settings

from constructs_lib.userdata import ROLES, render

NGINX_CONF = Path("/etc/nginx/nginx.conf")


class Upstream(ThreadingHTTPServer):
    """Answers every request with the headers it came with."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Echo)
        self.connections = 0
        self.requests = 0

    def process_request(self, request: object, client_address: object) -> None:
        self.connections += 1
        super().process_request(request, client_address)  # type: ignore[arg-type]


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Upstream

    def do_GET(self) -> None:
        self.server.requests += 1
        body = json.dumps(
            {
                "version": self.request_version,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "padding": "x" * 2000,
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    server = Upstream()
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


Serve = Callable[..., int]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts nginx with the settings given, in front of a port, and returns nginx's own port."""
    nginx = need("nginx", "nginx-light")
    if not NGINX_CONF.exists():
        pytest.skip("no nginx.conf of the distribution: apt-get install nginx-light")
    running: list[subprocess.Popen[bytes]] = []

    def start(
        upstream_port: int, parameters: Mapping[str, str] | None = None, **settings: str | int
    ) -> int:
        host = make_host(tmp_path)
        (host.state / "parameters.json").write_text(json.dumps(parameters or {}))
        port = free_port()
        given: dict[str, str | int] = {
            **SETTINGS["web"],
            **path_settings(host.root, ROLES["web"]),
            "NGINX_UPSTREAM_ADDRESS": "127.0.0.1",
            "NGINX_UPSTREAM_PORT": upstream_port,
            "NGINX_LISTEN_PORT": port,
            "NGINX_STATUS_PORT": free_port(),
            **settings,
        }
        result = host.run(render("web", ROLES["web"], given).script)
        assert result.returncode == 0, result.stderr
        config = scratch_config(host.root)
        tested = subprocess.run([nginx, "-t", "-c", config], capture_output=True, text=True)
        assert tested.returncode == 0, tested.stderr
        assert "warn" not in tested.stderr
        running.append(subprocess.Popen([nginx, "-c", config, "-g", "daemon off;"]))
        await_port(port)
        return port

    yield start
    for process in running:
        process.terminate()
        process.wait()


def scratch_config(root: Path) -> Path:
    """The distribution's nginx.conf, its folders moved below `root`."""
    etc = root / "etc/nginx"
    (root / "log").mkdir()
    (root / "var/log/nginx").mkdir(parents=True)
    text = NGINX_CONF.read_text()
    text = text.replace("/etc/nginx/conf.d", str(etc / "conf.d"))
    text = text.replace("/etc/nginx/sites-enabled", str(etc / "sites-enabled"))
    text = text.replace("/var/log/nginx", str(root / "log"))
    text = text.replace("/run/nginx.pid", str(root / "nginx.pid"))
    (etc / "conf.d/temporary.conf").write_text(
        "".join(
            f"{kind}_temp_path {root}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
    )
    (etc / "nginx.conf").write_text(text.replace("user www-data;", ""))
    return etc / "nginx.conf"


def await_port(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(f"nothing listens on {port}")


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()


def ask(
    port: int, path: str = "/", method: str = "GET", body: bytes = b"", **headers: str
) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body or None, sent)
    try:
        return Answer(connection.getresponse())
    finally:
        connection.close()


def test_what_a_client_says_about_its_origin_is_replaced(serve: Serve, upstream: Upstream) -> None:
    port = serve(upstream.server_port)
    forged = {
        "X_Forwarded_For": "6.6.6.6, 7.7.7.7",
        "X_Real_IP": "6.6.6.6",
        "X_Forwarded_Proto": "https",
        "X_Forwarded_Host": "evil.example",
        "X_Forwarded_Port": "666",
        "X_Forwarded_Prefix": "/evil",
        "Forwarded": "for=6.6.6.6",
        "Host": "blog.example",
    }
    seen = json.loads(ask(port, **forged).body)
    headers = seen["headers"]
    assert headers["host"] == "blog.example"
    assert headers["x-real-ip"] == headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-host"] == "blog.example"
    assert headers["x-forwarded-port"] == str(port)
    assert "forwarded" not in headers
    assert "x-forwarded-prefix" not in headers
    assert not any("6.6.6" in value or "evil" in value for value in headers.values())


def test_upstream_connections_are_http_1_1_and_kept(serve: Serve, upstream: Upstream) -> None:
    port = serve(upstream.server_port)
    for _ in range(10):
        seen = json.loads(ask(port).body)
        assert seen["version"] == "HTTP/1.1"
        assert "connection" not in seen["headers"]
    assert upstream.requests == 10
    # One connection a worker process at most, where ten without keep-alive.
    assert upstream.connections < 10


def test_health_is_answered_without_the_application(serve: Serve) -> None:
    answer = ask(serve(free_port()), "/healthz")
    assert (answer.status, answer.body) == (200, b"ok\n")


def test_no_version_is_told(serve: Serve) -> None:
    port = serve(free_port())
    for path in ("/healthz", "/"):
        answer = ask(port, path)
        assert answer.headers["server"] == "nginx"
        assert b"nginx/" not in answer.body


def test_an_application_that_comes_back_is_used_at_once(serve: Serve) -> None:
    upstream_port = free_port()
    port = serve(upstream_port)
    assert [ask(port).status for _ in range(3)] == [502] * 3
    server = Upstream(upstream_port)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert ask(port).status == 200
    finally:
        server.shutdown()
        server.server_close()


def test_too_many_requests_are_turned_away(serve: Serve, upstream: Upstream) -> None:
    port = serve(upstream.server_port, NGINX_REQUESTS_PER_SECOND=1, NGINX_BURST=2)
    statuses = [ask(port).status for _ in range(30)]
    assert statuses[:3] == [200, 200, 200]
    assert set(statuses) == {200, 429}
    assert upstream.requests == statuses.count(200)
    assert ask(port, "/healthz").status == 200


def test_a_body_over_the_limit_is_refused_unread(serve: Serve, upstream: Upstream) -> None:
    port = serve(upstream.server_port, NGINX_MAX_BODY="1k")
    assert ask(port, method="POST", body=b"x" * 1025).status == 413
    assert upstream.requests == 0


def test_answers_are_compressed_for_clients_that_take_it(serve: Serve, upstream: Upstream) -> None:
    port = serve(upstream.server_port)
    packed = ask(port, Accept_Encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.body))["version"] == "HTTP/1.1"
    assert "content-encoding" not in ask(port).headers


def certificate(folder: Path) -> dict[str, str]:
    """A certificate for localhost and its key, as an operator puts them into Parameter Store."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext"),
            *("subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "certificate.pem"),
        ],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    return {
        "/microblog/dev/web/certificate": (folder / "certificate.pem").read_text(),
        "/microblog/dev/web/certificate_key": (folder / "key.pem").read_text(),
    }


def test_with_a_certificate_the_site_is_served_by_tls_alone(
    serve: Serve, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("certificate")
    tls_port = free_port()
    port = serve(
        upstream.server_port, certificate(folder), NGINX_TLS="yes", NGINX_TLS_PORT=tls_port
    )
    answer = ask(port, "/path?query=1")
    assert (answer.status, answer.headers["location"]) == (301, "https://127.0.0.1/path?query=1")
    trusting = ssl.create_default_context(cafile=str(folder / "certificate.pem"))
    trusting.minimum_version = ssl.TLSVersion.TLSv1_2
    connection = http.client.HTTPSConnection("localhost", tls_port, timeout=10, context=trusting)
    connection.request("GET", "/")
    response = connection.getresponse()
    asked = json.load(response)
    connection.close()
    assert response.status == 200
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert asked["headers"]["x-forwarded-proto"] == "https"


def test_gixy_finds_nothing(
    tmp_path: Path, serve: Serve, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Of our site; nginx.conf is the distribution's."""
    folder = tmp_path_factory.mktemp("c")
    serve(free_port(), certificate(folder), NGINX_TLS="yes", NGINX_TLS_PORT=free_port())
    site = tmp_path / "root/etc/nginx/conf.d/microblog.conf"
    whole = tmp_path / "site.conf"
    whole.write_text(f"worker_processes auto;\nevents {{}}\nhttp {{\ninclude {site};\n}}\n")
    gixy = Path(sys.executable).parent / "gixy"
    found = subprocess.run([gixy, "-f", "json", whole], capture_output=True, text=True)
    assert json.loads(found.stdout) == [], found.stdout
