"""Network namespaces, each held by a file that only the rehearsal's own mount namespace knows: the
kernel takes them down with the rehearsal's last process, however that ends ("namespaces(7)")."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from constructs_lib.errors import RunError

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)

# Both ends of a cable have one hardware address and do without ARP.
_END = "address 02:00:00:00:00:01 arp off"

_SETTINGS = {
    "ipv4/ip_forward": "1",
    "ipv4/conf/all/rp_filter": "0",
    "ipv4/conf/default/rp_filter": "0",
    "ipv4/conf/all/send_redirects": "0",
    "ipv4/conf/default/send_redirects": "0",
    # A closed UDP port says so to every probe, and not to the first few of a second.
    "ipv4/icmp_ratelimit": "0",
    "ipv4/icmp_msgs_per_sec": "1000000",
    "ipv4/icmp_msgs_burst": "1000000",
    "ipv6/conf/all/disable_ipv6": "1",
    "ipv6/conf/default/disable_ipv6": "1",
}


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


@contextmanager
def entered(path: Path) -> Iterator[None]:
    """Sockets made and commands started inside belong to the namespace that `path` holds."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    there = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _checked(_LIBC.setns(there, _CLONE_NEWNET), f"setns {path.name}")
        yield
    finally:
        _checked(_LIBC.setns(home, _CLONE_NEWNET), "setns")
        os.close(there)
        os.close(home)


class Namespace:
    """A network namespace at `path`; `ip` notes commands, `configure` runs them all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        run(["unshare", f"--net={path}", "true"])
        self._cables: list[str] = []
        self._commands = ["link set lo up"]

    def cable(self, device: str, other: Namespace, far: str) -> None:
        """A veth pair: `device` here, `far` in the other namespace."""
        self._cables.append(
            f"link add {device} {_END} type veth peer name {far} {_END} netns {other.path}"
        )
        self.ip(f"link set {device} up")
        other.ip(f"link set {far} up")

    def ip(self, command: str) -> None:
        self._commands.append(command)

    def cables(self) -> None:
        """Lay the noted cables, before anything else is configured in any namespace."""
        if self._cables:
            self.run(["ip", "-batch", "-"], "\n".join(self._cables))
            self._cables.clear()

    def configure(self, rules: str = "") -> None:
        with entered(self.path):
            for key, value in _SETTINGS.items():
                if (setting := Path("/proc/sys/net", key)).exists():
                    setting.write_text(value)
        self._commands.sort(key=lambda command: not command.startswith("link "))
        self.run(["ip", "-batch", "-"], "\n".join(self._commands))
        self._commands.clear()
        if rules:
            self.run(["nft", "-f", "-"], rules)

    def run(self, command: list[str], text: str = "") -> str:
        with entered(self.path):
            return run(command, text)


def run(command: Iterable[str], text: str = "") -> str:
    """Its standard output. Raises RunError."""
    words = list(command)
    done = subprocess.run(
        words, input=text, text=True, capture_output=True, timeout=60, check=False
    )
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
        raise RunError(f"{' '.join(words[:3])}: {said}")
    return done.stdout
