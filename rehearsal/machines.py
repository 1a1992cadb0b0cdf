"""Machines: the image with a disk of its own each, booted by systemd-nspawn."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructs_lib.errors import RunError
from rehearsal.namespaces import Namespace, run
from rehearsal.network import Host, Vpc

REPORT = "var/lib/microblog-boot/report.jsonl"
"""What userdata/lib/boot.sh writes."""

_REBOOT = 133  # systemd-nspawn(1), --keep-unit: the machine asked to be started again
_BUNDLE = "etc/ssl/certs/ca-certificates.crt"


@dataclass(frozen=True)
class Places:
    """`image` is the disk that all start from, `folder` where theirs are, `cgroup` the run's
    control group, `authority` the certificate that they trust besides the world's."""

    image: Path
    folder: Path
    cgroup: Path
    authority: Path


class Machine:
    """One host, running from `start` on. `root` is its file system."""

    def __init__(self, host: Host, vpc: Vpc, space: Namespace, places: Places) -> None:
        self.host = host
        self._vpc = vpc
        self._space = space
        self._places = places
        self._folder = places.folder / host.name.replace("/", "-")
        self.root = self._folder / "root"
        self._process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.boots = 0

    def start(self) -> None:
        """With an empty disk over the image."""
        for name in ("disk", "work", "root"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        layers = ",".join(
            f"{key}={path}"
            for key, path in (
                ("lowerdir", self._places.image),
                ("upperdir", self._folder / "disk"),
                ("workdir", self._folder / "work"),
            )
        )
        run(["mount", "-t", "overlay", "-o", layers, "overlay", str(self.root)])
        self._write("etc/resolv.conf", f"nameserver {self._vpc.resolver}\n")
        trusted = (self.root / _BUNDLE).read_text(encoding="utf-8")
        own = self._places.authority.read_text(encoding="utf-8")
        self._write("usr/local/share/ca-certificates/rehearsal.crt", own)
        self._write(_BUNDLE, trusted + own)
        self._launch()

    def replace(self) -> None:
        """Another instance with the same name: nothing of the first one's disk is left."""
        self.power_off()
        run(["umount", str(self.root)])
        shutil.rmtree(self._folder)
        self.start()

    def power_off(self) -> None:
        """As a hypervisor does: at once."""
        process = self._process
        self._process = None
        if process is not None:
            with suppress(OSError):
                (self._cgroup / "cgroup.kill").write_text("1")
            process.kill()
            process.wait(30)

    def revive(self) -> bool:
        """Start the machine again if it has asked for a reboot; whether it runs."""
        if self._process is None:
            return False
        if (code := self._process.poll()) is None:
            return True
        if code != _REBOOT:
            return False
        self._launch()
        return True

    def execute(
        self, *command: str, text: str = "", patience: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the machine as its root. Raises RunError when it takes too long."""
        try:
            return subprocess.run(
                [*self.entrance(), *command],
                input=text,
                text=True,
                capture_output=True,
                timeout=patience,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise RunError(f"{self.host.name}: {command[0]} takes over {patience:g}s") from None

    def entrance(self) -> list[str]:
        """The command in front of one that is to run inside. Raises RunError."""
        return [
            "nsenter",
            f"--target={self.leader()}",
            *("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root"),
            *("env", "--chdir=/", "-i", "HOME=/root", "LANG=C.UTF-8"),
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ]

    def leader(self) -> int:
        """The process id, outside, of the machine's systemd."""
        if self._process is not None and self._process.poll() is None:
            children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
            with suppress(OSError, ValueError, IndexError):
                return int(children.read_text().split()[0])
        raise RunError(f"{self.host.name}: the machine does not run")

    def report(self) -> list[Mapping[str, Any]]:
        """The boot report so far: {"step", "result", "seconds", ...} each."""
        try:
            lines = (self.root / REPORT).read_text(encoding="utf-8").splitlines()
        except OSError:
            return []
        found = []
        for line in lines:
            with suppress(ValueError):
                found.append(json.loads(line))
        return found

    def has(self, path: str) -> bool:
        """Whether there is something at an absolute path; links that lead nowhere count."""
        return os.path.lexists(f"{self.root}{path}")

    def host_key(self) -> str:
        """Its public SSH host key, or nothing while it has none."""
        with suppress(OSError):
            return (self.root / "etc/ssh/ssh_host_ed25519_key.pub").read_text(encoding="utf-8")
        return ""

    def _write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            path.unlink()
        path.write_text(text, encoding="utf-8")

    @property
    def _cgroup(self) -> Path:
        return self._places.cgroup / self._folder.name

    def _launch(self) -> None:
        self._cgroup.mkdir(parents=True, exist_ok=True)
        self.started = time.monotonic()
        self.boots += 1
        with (self._folder / "console").open("ab") as console:
            self._process = subprocess.Popen(
                [
                    "systemd-nspawn",
                    "--quiet",
                    "--boot",
                    "--register=no",
                    "--keep-unit",
                    "--console=pipe",
                    "--link-journal=no",
                    "--resolv-conf=off",
                    "--timezone=off",
                    f"--directory={self.root}",
                    f"--machine={self._folder.name}",
                    f"--network-namespace-path={self._space.path}",
                ],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env={"PATH": os.environ["PATH"], "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
                preexec_fn=self._join,
            )

    def _join(self) -> None:
        (self._cgroup / "cgroup.procs").write_text("0")
