"""Network namespaces without names: held by this process's file descriptors and nothing else.

So nothing is left behind, however the process ends: the kernel takes the namespaces down, with
their devices, rules and sockets, when the last descriptor closes ("namespaces(7)").
"""

from __future__ import annotations

import ctypes
import fcntl
import itertools
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)

# Both ends of every cable have the same address and do without ARP. Their indexes differ, because
# Linux takes its time (up to a second) to bring up an end that has the index of its peer.
_END = "index {index} address 02:00:00:00:00:01 arp off"
_INDEXES = itertools.count(1000)

_SIOCGIFFLAGS, _IFF_RUNNING = 0x8913, 0x40
_UP_WITHIN = 10.0

_SETTINGS = {
    "ipv4/ip_forward": "1",
    "ipv4/conf/all/rp_filter": "0",
    "ipv4/conf/default/rp_filter": "0",
    "ipv4/conf/all/send_redirects": "0",
    "ipv4/conf/default/send_redirects": "0",
    "ipv6/conf/all/forwarding": "1",
    "ipv6/conf/default/accept_dad": "0",
    # No address of its own: both ends of a cable would choose the same.
    "ipv6/conf/default/addr_gen_mode": "1",
}


@cache
def missing() -> str:
    """Why no namespace can be made here, and what to install; empty if one can."""
    if not sys.platform.startswith("linux"):
        return "network namespaces need Linux"
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not Path("/proc/sys/net/ipv6").is_dir():
        return "this kernel has no IPv6"
    for program, package in (("ip", "iproute2"), ("nft", "nftables"), ("unshare", "util-linux")):
        if shutil.which(program) is None:
            return f"{program} is missing: apt-get install {package}"
    if subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode != 0:
        return "this process may not make network namespaces: it needs CAP_SYS_ADMIN"
    return ""


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def leave_the_host() -> None:
    """Move this process into a network namespace of its own, without devices or routes."""
    _checked(_LIBC.unshare(_CLONE_NEWNET), "unshare")


class Namespace:
    """One network namespace; gone when closed."""

    def __init__(self, name: str) -> None:
        self.name = name
        home = _current()
        try:
            _checked(_LIBC.unshare(_CLONE_NEWNET), "unshare")
            self._descriptor = _current()
            for key, value in _SETTINGS.items():
                Path("/proc/sys/net", key).write_text(value)
        finally:
            _checked(_LIBC.setns(home, _CLONE_NEWNET), "setns")
            os.close(home)
        self._commands = ["link set lo up"]
        self._commands_of_ipv6: list[str] = []

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Sockets made and commands started inside belong to this namespace."""
        home = _current()
        try:
            _checked(_LIBC.setns(self._descriptor, _CLONE_NEWNET), "setns")
            yield
        finally:
            _checked(_LIBC.setns(home, _CLONE_NEWNET), "setns")
            os.close(home)

    def cable(self, device: str, other: Namespace, other_device: str) -> None:
        """A veth pair between this namespace and another (or this one itself)."""
        near, far = (_END.format(index=next(_INDEXES)) for _ in range(2))
        there = f"netns /proc/{os.getpid()}/fd/{other._descriptor}"
        self.ip(f"link add {device} {near} type veth peer name {other_device} {far} {there}")
        self.ip(f"link set {device} up")
        other.ip(f"link set {other_device} up")

    def ip(self, command: str) -> None:
        """Note one `ip` command; `configure` runs them."""
        self._commands.append(command)

    def ip6(self, command: str) -> None:
        """As `ip`, of IPv6."""
        self._commands_of_ipv6.append(command)

    def cables(self) -> None:
        """Run the noted `link add` commands, which must precede every other in any namespace."""
        self._run(["ip", "-batch", "-"], "\n".join(filter(_is_cable, self._commands)))

    def configure(self, rules: str = "") -> None:
        """Run the noted commands and load the nftables rules."""
        rest = [command for command in self._commands if not _is_cable(command)]
        rest.sort(key=lambda command: not command.startswith("link "))
        self._run(["ip", "-batch", "-"], "\n".join(rest))
        if self._commands_of_ipv6:
            self._run(["ip", "-6", "-batch", "-"], "\n".join(self._commands_of_ipv6))
        if rules:
            self._run(["nft", "-f", "-"], rules)

    def wait_until_up(self) -> None:
        """Wait until every device carries packets, which the kernel arranges in the background."""
        deadline = time.monotonic() + _UP_WITHIN
        with self.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            for _, device in socket.if_nameindex():
                request = struct.pack("16sH14x", device.encode(), 0)
                while not _flags(fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request)) & _IFF_RUNNING:
                    if time.monotonic() > deadline:
                        raise RuntimeError(f"{self.name}: {device} does not come up")
                    time.sleep(0.001)

    def output(self, command: list[str]) -> str:
        return self._run(command, "")

    def close(self) -> None:
        os.close(self._descriptor)

    def _run(self, command: list[str], text: str) -> str:
        with self.entered():
            done = subprocess.run(command, input=text, text=True, capture_output=True, timeout=30)
        if done.returncode != 0:
            raise RuntimeError(f"{self.name}: {' '.join(command)}: {done.stderr}\n{text}")
        return done.stdout


def _flags(request: bytes) -> int:
    return int(struct.unpack("16sH14x", request)[1])


def _current() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _is_cable(command: str) -> bool:
    return command.startswith("link add")
