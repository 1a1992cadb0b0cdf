"""A metadata service and an AWS endpoint on loopback, for the real curl."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from botocore.awsrequest import AWSRequest

SECRETS = {"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "key/+=", "Token": "session/+=="}


@dataclass
class Aws:
    """A metadata service and an AWS endpoint on loopback, and what was asked of them."""

    url: str
    answers: list[tuple[int, str]] = field(default_factory=list)
    asked: list[AWSRequest] = field(default_factory=list)
    instance: str = "i-0123456789abcdef0"


@contextlib.contextmanager
def serving() -> Iterator[Aws]:
    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            granted = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds") == "60"
            self.reply(200 if granted else 400, "the-token")

        def do_GET(self) -> None:
            if self.headers.get("X-aws-ec2-metadata-token") != "the-token":
                return self.reply(401, "")
            metadata = {
                "iam/security-credentials/": "role",
                "iam/security-credentials/role": json.dumps(SECRETS),
                "instance-id": made.instance,
            }
            path = self.path.removeprefix("/latest/meta-data/")
            return self.reply(200 if path in metadata else 404, metadata.get(path, ""))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            url = f"http://{self.headers['Host']}{self.path}"
            made.asked.append(AWSRequest("POST", url, dict(self.headers), body))
            self.reply(*(made.answers.pop(0) if made.answers else (200, "{}")))

        def reply(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Aws(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()
