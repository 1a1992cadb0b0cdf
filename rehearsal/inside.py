"""`python -m rehearsal.inside`: the rehearsal itself, the first process of namespaces of its own.

It has no device but loopback, so nothing that it or its machines send leaves the host; and when it
ends, however it ends, the kernel ends every process of it and takes away every mount, network and
disk. Its order is the first line of standard input; what happens it says on standard output, one
JSON object a line.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from constructs_lib.errors import RunError
from reachability import terraform
from rehearsal import compiler, prediction, probes
from rehearsal.machines import Machine, Places
from rehearsal.namespaces import run
from rehearsal.network import Network
from rehearsal.wiring import Wiring

_TICK = 0.25


class Rehearsal:
    """Everything that runs; `order` is what `rehearsal.runs` wrote."""

    def __init__(self, order: Mapping[str, Any]) -> None:
        self._order = order
        self.folder = Path(order["folder"])
        self.stack = terraform.read(Path(order["stack"]))
        self.network: Network = compiler.network(self.stack, order["tags"])
        self.machines: dict[str, Machine] = {}

    def lay_out(self) -> None:
        """The network, and what answers in it."""
        run(["mount", "-t", "tmpfs", "-o", "mode=0700,size=75%", "tmpfs", str(self.folder)])
        self.wiring = Wiring(self.network, self.folder / "namespaces")

    def serve(self) -> None:
        """Start what answers in AWS's place and the world's. Raises RunError."""
        self._services = subprocess.Popen(
            [sys.executable, "-m", "rehearsal.services"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._tell(
            {
                "stack": self._order["stack"],
                "tags": self._order["tags"],
                "folder": str(self.folder),
                "namespaces": str(self.wiring.outside.path.parent),
                "outside": self.wiring.outside.path.name,
                "routers": {key: one.path.name for key, one in self.wiring.routers.items()},
                "folders": self._order["folders"],
            }
        )

    def _tell(self, message: object) -> str:
        text = message if isinstance(message, str) else json.dumps(message)
        assert self._services.stdin is not None and self._services.stdout is not None
        self._services.stdin.write(text + "\n")
        self._services.stdin.flush()
        answer = self._services.stdout.readline().strip()
        if not answer:
            raise RunError("what answers in AWS's place ended; its error is above")
        return answer

    def boot(self) -> None:
        """Start every machine."""
        places = Places(
            Path(self._order["image"]),
            self.folder / "machines",
            _control_group(self._order["name"]),
            self.folder / "certificates/ca.pem",
        )
        vpcs = {one.name: one for one in self.network.vpcs}
        for host in self.network.hosts:
            vpc = vpcs[self.network.subnet[host.subnet].vpc]
            machine = Machine(host, vpc, self.wiring.hosts[host.name], places)
            self.machines[host.name] = machine
            machine.start()

    def missed(self) -> dict[str, list[str]]:
        """What each host asked for that is not to be had here, by the host's name."""
        address = {one.public or one.address: one.name for one in self.network.hosts}
        for nat in self.network.nats:
            behind = [one.name for one in self.network.hosts if not one.public]
            address[nat.public] = behind[0] if len(behind) == 1 else nat.name
        found: dict[str, list[str]] = {}
        try:
            lines = (self.folder / "missed.jsonl").read_text(encoding="utf-8").splitlines()
        except OSError:
            return {}
        for line in lines:
            note = json.loads(line)
            found.setdefault(address.get(note["address"], note["address"]), []).append(note["url"])
        return found


def _control_group(name: str) -> Path:
    """A group of the run's, in a hierarchy that this mount namespace has to itself."""
    root = Path("/sys/fs/cgroup")
    if not (root / "cgroup.procs").exists():
        run(["mount", "-t", "cgroup2", "cgroup2", str(root)])
    return root / name


def say(event: str, **fields: object) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


def progress(machine: Machine, steps: list[str]) -> tuple[str, str]:
    """The step that a machine is at, and how it stands: "runs", "ok", "failed" or "starts"."""
    report = machine.report()
    if not report:
        return "cloud-init", "starts"
    last = report[-1]
    if last["step"] == "boot":
        return "boot", str(last["result"])
    done = [str(one["step"]) for one in report if one["result"] == "ok"]
    left = [one for one in steps if one not in done]
    return (left or ["boot"])[0], "runs"


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    order = json.loads(sys.stdin.readline())
    rehearsal = Rehearsal(order)
    t = time.monotonic()
    rehearsal.lay_out()
    say("network", seconds=time.monotonic() - t)
    rehearsal.serve()
    say("services", seconds=time.monotonic() - t)
    rehearsal.boot()
    say("machines", seconds=time.monotonic() - t)
    for _ in range(240):
        time.sleep(1)
        state = {name: progress(m, []) + (m.revive(),) for name, m in rehearsal.machines.items()}
        say("state", t=round(time.monotonic() - t), **state, missed=rehearsal.missed())
        if os.path.exists("/tmp/w/reh/stop"):
            break
    compare = prediction.compare(rehearsal.stack, rehearsal.network, rehearsal.wiring, probes.questions(rehearsal.network, probes.interesting_ports(rehearsal.network)))
    print(compare)


if __name__ == "__main__":
    main()
