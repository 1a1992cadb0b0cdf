"""As much of systemd as a deploy needs, in this process: reads the unit files that user data wrote
and runs what they say, with sockets that outlive services, without its users and its sandbox."""

from __future__ import annotations

import contextlib
import fnmatch
import json
import os
import re
import shlex
import signal
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CLIENT = """#!/usr/bin/env python3
import json, socket, sys
with socket.socket(socket.AF_UNIX) as s:
    s.connect({address!r})
    s.sendall(json.dumps(sys.argv[1:]).encode() + b"\\n")
    status, text = json.loads(s.makefile().read())
sys.stdout.write(text)
sys.exit(status)
"""


@dataclass
class Service:
    process: subprocess.Popen[bytes]
    sockets: list[str]
    stopping: bool = False


@dataclass
class Systemd:
    """`units` is the folder of unit files, `run` stands for /run, `log` gets what services say."""

    units: Path
    run: Path
    log: Path
    environment: dict[str, str]
    services: dict[str, Service] = field(default_factory=dict)
    sockets: dict[str, socket.socket] = field(default_factory=dict)
    enabled: set[str] = field(default_factory=set)
    exited: set[str] = field(default_factory=set)
    notified: dict[str, socket.socket] = field(default_factory=dict)
    restarts: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def read(self, unit: str) -> dict[str, list[str]]:
        """Key to values, of all sections; `%i`, `%p` and `%t` filled in."""
        name, _, kind = unit.rpartition(".")
        prefix, at, instance = name.partition("@")
        path = self.units / f"{prefix}{at}.{kind}"
        found: dict[str, list[str]] = {}
        if path.exists():
            for key, value in re.findall(r"(?m)^(\w+)=(.*)$", path.read_text()):
                for letter, meaning in (("i", instance), ("p", prefix), ("t", str(self.run))):
                    value = value.replace(f"%{letter}", meaning)
                found.setdefault(key, []).append(value)
        return found

    def listen(self, unit: str) -> socket.socket | None:
        described = self.read(unit)
        if unit not in self.sockets and described:
            (address,) = described["ListenStream"]
            if address.startswith("/"):
                made = socket.socket(socket.AF_UNIX)
                Path(address).parent.mkdir(parents=True, exist_ok=True)
                Path(address).unlink(missing_ok=True)
                made.bind(address)
            else:
                made = socket.socket()
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                made.bind(("127.0.0.1", int(address.rpartition(":")[2])))
            made.listen(4096)
            self.sockets[unit] = made
        return self.sockets.get(unit)

    def start(self, unit: str) -> int:
        if unit.endswith(".socket"):
            return 0 if self.listen(unit) else 5
        described = self.read(unit)
        if described.get("Type") == ["oneshot"]:
            for needed in described.get("Requires", []):
                self.listen(needed)
            self.exited.add(unit)
            return subprocess.run(described["ExecStart"][0], env=self.environment).returncode
        with self.lock:
            if unit not in self.services:
                self.spawn(unit, described)
        return 0 if self.await_ready(unit) else 1

    def spawn(self, unit: str, described: dict[str, list[str]]) -> None:
        environment = {"PATH": os.environ["PATH"]}
        for words in described.get("Environment", []):
            environment |= dict(word.split("=", 1) for word in shlex.split(words))
        for path in described.get("EnvironmentFile", []):
            with contextlib.suppress(FileNotFoundError):
                for line in Path(path.removeprefix("-")).read_text().splitlines():
                    if line and not line.startswith("#"):
                        key, _, value = line.partition("=")
                        environment[key] = value
        names = [name for words in described.get("Sockets", []) for name in words.split()]
        held = [(name, made) for name in names if (made := self.listen(name))]
        notify = self.run / f"notify-{unit}"
        for folder in described.get("RuntimeDirectory", []):
            (self.run / folder).mkdir(parents=True, exist_ok=True)
        self.ready(unit, notify)

        def inherit() -> None:
            os.setsid()
            for number, (_, made) in enumerate(held, start=3):
                os.dup2(made.fileno(), number + 100)
            for number in range(3, 3 + len(held)):
                os.dup2(number + 100, number)
            os.closerange(3 + len(held), 1000)

        process = subprocess.Popen(
            [
                "/bin/sh",
                "-c",
                f"LISTEN_PID=$$; export LISTEN_PID; exec {described['ExecStart'][0]}",
            ],
            cwd=described["WorkingDirectory"][0],
            env=environment | {"LISTEN_FDS": str(len(held)), "NOTIFY_SOCKET": str(notify)},
            preexec_fn=inherit,
            close_fds=False,
            stdout=self.log.open("ab"),
            stderr=subprocess.STDOUT,
        )
        self.services[unit] = Service(process, [name for name in names if "@" in name])
        threading.Thread(target=self.watch, args=(unit, described), daemon=True).start()

    def ready(self, unit: str, path: Path) -> None:
        path.unlink(missing_ok=True)
        self.notified[unit] = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notified[unit].bind(str(path))
        self.notified[unit].settimeout(0.1)

    def await_ready(self, unit: str) -> bool:
        heard = self.notified[unit]
        while unit in self.services:
            if heard.fileno() < 0:
                return True
            with contextlib.suppress(OSError):
                if b"READY=1" in heard.recv(4096):
                    heard.close()
                    return True
        return False

    def watch(self, unit: str, described: dict[str, list[str]]) -> None:
        service = self.services[unit]
        status = service.process.wait()
        if service.stopping:
            return
        # As systemd does before Restart=: nothing of the service's control group is left.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(service.process.pid, signal.SIGKILL)
        with self.lock:
            del self.services[unit]
            if status != 0 and described.get("Restart") == ["on-failure"]:
                self.restarts += 1
                time.sleep(0.2)
                self.spawn(unit, described)

    def stop(self, unit: str) -> int:
        with self.lock:
            service = self.services.get(unit)
            if service is None:
                self.exited.discard(unit)
                return 0
            service.stopping = True
        service.process.terminate()
        try:
            service.process.wait(40)
        except subprocess.TimeoutExpired:
            os.killpg(service.process.pid, signal.SIGKILL)
        with self.lock:
            del self.services[unit]
            for name in service.sockets:
                if made := self.sockets.pop(name, None):
                    made.close()
        return 0

    def stop_all(self) -> None:
        for unit in list(self.services):
            self.stop(unit)
        for made in self.sockets.values():
            made.close()

    def command(self, arguments: list[str]) -> tuple[int, str]:
        options = [word for word in arguments if word.startswith("-")]
        verb, *units = [word for word in arguments if not word.startswith("-")]
        match verb:
            case "start":
                return max(self.start(unit) for unit in units), ""
            case "stop":
                return max(self.stop(unit) for unit in units), ""
            case "enable":
                self.enabled.update(units)
                return (max(self.start(unit) for unit in units) if "--now" in options else 0), ""
            case "is-enabled":
                return int(not self.enabled.issuperset(units)), ""
            case "is-active":
                return int(not {*self.services, *self.exited}.issuperset(units)), ""
            case "try-restart":
                for unit in fnmatch.filter(list(self.services), units[0]):
                    self.stop(unit)
                    self.start(unit)
                return 0, ""
            case "list-units":
                found = [u for u in self.services for p in units if fnmatch.fnmatch(u, p)]
                return 0, "".join(f"{unit} loaded active running\n" for unit in found)
            case "daemon-reload":
                return 0, ""
        return 99, ""


@contextlib.contextmanager
def running(systemd: Systemd, client: Path) -> Iterator[Systemd]:
    """Answers the `systemctl` that it writes to `client`."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            answer = systemd.command(json.loads(self.rfile.readline()))
            with contextlib.suppress(BrokenPipeError):
                self.wfile.write(json.dumps(answer).encode())

    address = str(systemd.run / "systemctl")
    client.unlink(missing_ok=True)
    client.write_text(CLIENT.format(address=address))
    client.chmod(0o755)
    server = socketserver.ThreadingUnixStreamServer(address, Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield systemd
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        systemd.stop_all()
