"""`python -m rehearsal.services`: all that answers in a rehearsal and is no host of the stack.

One process with sockets in every namespace: the metadata service, names and time in each VPC, and
the mirror outside. It reads its order as the first line of standard input, says "ready" when all
answer, and then takes one host's name a line: that host is another instance from now on.
"""

from __future__ import annotations

import json
import socket
import ssl
import sys
import threading
from pathlib import Path
from typing import Any

from rehearsal import namespaces, resolver
from rehearsal.account import Account
from rehearsal.certificates import Authority
from rehearsal.metadata import MetadataService
from rehearsal.mirror import PACKAGES, Mirror, Wsgi
from rehearsal.network import CLOCK, METADATA, RESOLVER, Network


def main() -> None:
    order = json.loads(sys.stdin.readline())
    network = _network(order)
    folder, spaces = Path(order["folder"]), Path(order["namespaces"])
    with namespaces.entered(spaces / order["outside"]):
        account = Account(network)
        mirror = Mirror(
            {key: Path(value) for key, value in order["folders"].items()},
            Path(order["folders"][f"{PACKAGES}/wheels"]),
            account.application,
            folder / "missed.jsonl",
        )
        context = Authority(folder / "certificates").server()
        _serve_http(mirror, _listener(network.mirror, 80))
        _serve_http(mirror, _listener(network.mirror, 443), context)
    instances = {host.name: account.start(host) for host in network.hosts}
    metadata = MetadataService(network, instances)
    for vpc in network.vpcs:
        with namespaces.entered(spaces / order["routers"][vpc.name]):
            _serve_http(metadata, _listener(METADATA, 80))
            for address in (RESOLVER, vpc.resolver):
                answer = _names(network.mirror)
                resolver.serve_datagrams(_bound(socket.SOCK_DGRAM, address, 53), answer)
                resolver.serve_streams(_listener(address, 53), answer)
            clock = _bound(socket.SOCK_DGRAM, CLOCK, 123)
            resolver.serve_datagrams(clock, resolver.time_answer)
    print("ready", flush=True)
    for line in sys.stdin:
        host = next(one for one in network.hosts if one.name == line.strip())
        account.end(host, instances[host.name])
        instances[host.name] = account.start(host)
        print(instances[host.name], flush=True)


def _network(order: dict[str, Any]) -> Network:
    from reachability import terraform
    from rehearsal import compiler

    return compiler.network(terraform.read(Path(order["stack"])), order["tags"])


def _names(address: str) -> Any:
    return lambda query: resolver.answer(query, address)


def _bound(kind: socket.SocketKind, address: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, kind)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, port))
    return made


def _listener(address: str, port: int) -> socket.socket:
    made = _bound(socket.SOCK_STREAM, address, port)
    made.listen(512)
    return made


def _serve_http(
    application: Wsgi, listener: socket.socket, context: ssl.SSLContext | None = None
) -> None:
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_request(self, *_: object) -> None:
            pass

        def log(self, type: str, message: str, *args: object) -> None:
            pass

    address, port = listener.getsockname()
    server = make_server(
        address, port, application, threaded=True, request_handler=Quiet, fd=listener.fileno()
    )
    if context is not None:
        # In the thread of each connection, so that a client that says nothing holds up nobody.
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        server.ssl_context = context
    threading.Thread(target=server.serve_forever, daemon=True).start()


if __name__ == "__main__":
    main()
