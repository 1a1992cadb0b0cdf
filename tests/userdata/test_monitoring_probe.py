"""The probe of the site, by the real blackbox exporter, of sites in good and bad health."""

from __future__ import annotations

import re
import ssl
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from loopback import Programs, free_port, get
from userdata_hosts import need

from constructs_lib.userdata import ROOT


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/")
        else:
            self.send_response(502 if self.path == "/ill" else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def probe(tmp_path: Path) -> Iterator[str]:
    command = need("prometheus-blackbox-exporter", "prometheus-blackbox-exporter")
    port = free_port()
    with Programs(tmp_path) as programs:
        programs.start(
            command,
            f"--config.file={ROOT}/files/blackbox_exporter/blackbox.yml",
            f"--web.listen-address=127.0.0.1:{port}",
            ready=f"http://127.0.0.1:{port}/-/healthy",
        )
        yield f"http://127.0.0.1:{port}/probe"


@pytest.fixture
def site() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    yield server
    server.server_close()


def serve(server: ThreadingHTTPServer) -> str:
    Thread(target=server.serve_forever, daemon=True).start()
    return f"127.0.0.1:{server.server_port}"


def probed(probe: str, target: str) -> dict[str, float]:
    text = get(probe, module="site", target=target)
    return {name: float(value) for name, value in re.findall(r"^(probe_\w+) (\S+)$", text, re.M)}


@pytest.mark.parametrize(("path", "success"), [("/", 1), ("/moved", 1), ("/ill", 0)])
def test_a_page_is_good_after_redirects_too_and_an_error_is_not(
    probe: str, site: ThreadingHTTPServer, path: str, success: int
) -> None:
    found = probed(probe, f"http://{serve(site)}{path}")
    assert found["probe_success"] == success
    assert "probe_ssl_earliest_cert_expiry" not in found
    site.shutdown()


def test_a_site_that_is_not_there_is_not_good(probe: str) -> None:
    assert probed(probe, f"http://127.0.0.1:{free_port()}/")["probe_success"] == 0


def test_the_end_of_a_certificate_for_another_name_is_told(
    probe: str, site: ThreadingHTTPServer, tmp_path: Path
) -> None:
    """Prometheus asks by the private address, which no certificate names."""
    subprocess.run(
        [
            *(need("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes"),
            *("-days", "20", "-subj", "/CN=blog.example", "-keyout", "key.pem", "-out", "cert.pem"),
        ],
        check=True,
        capture_output=True,
        cwd=tmp_path,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    site.socket = context.wrap_socket(site.socket, server_side=True)
    shown = subprocess.run(
        ["openssl", "x509", "-noout", "-enddate", "-in", tmp_path / "cert.pem"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    found = probed(probe, f"https://{serve(site)}/")
    assert found["probe_success"] == 1
    assert found["probe_ssl_earliest_cert_expiry"] == ssl.cert_time_to_seconds(
        shown.removeprefix("notAfter=")
    )
    site.shutdown()
