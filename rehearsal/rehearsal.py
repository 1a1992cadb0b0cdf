"""The running rehearsal, from within: its network, what answers in it, and its machines."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from constructs_lib.errors import RunError
from reachability import terraform
from rehearsal import compiler, control_groups, conversations, image, prediction, probes
from rehearsal.checks import Check
from rehearsal.machines import Machine, Places
from rehearsal.namespaces import run
from rehearsal.network import Network
from rehearsal.probes import Question
from rehearsal.wiring import Wiring


class Rehearsal:
    """`order`: "name", "folder", "stack", "tags", "image", "folders" (what the mirror serves), and
    "revisions", a "good" and a "broken" commit to deploy."""

    def __init__(self, order: Mapping[str, Any]) -> None:
        self._order = order
        self.folder = Path(order["folder"])
        self.stack = terraform.read(Path(order["stack"]))
        self.network: Network = compiler.network(self.stack, order["tags"])
        self.machines: dict[str, Machine] = {}
        self.left_out: dict[str, str] = {}
        self._open: tuple[Question, ...] = ()
        self.revisions: Mapping[str, str] = order.get("revisions", {})

    def lay_out(self) -> None:
        """The network. Its disks are memory, which no crash can leave behind."""
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
        order = {
            "stack": self._order["stack"],
            "tags": self._order["tags"],
            "folder": str(self.folder),
            "namespaces": str(self.wiring.outside.path.parent),
            "outside": self.wiring.outside.path.name,
            "routers": {key: one.path.name for key, one in self.wiring.routers.items()},
            "folders": self._order["folders"],
        }
        self._tell(json.dumps(order))

    def boot(self) -> None:
        """Start every machine."""
        self._image = image.hold(Path(self._order["image"]))
        places = Places(
            Path(self._order["image"]),
            self.folder / "machines",
            control_groups.group(self._order["name"]),
            self.folder / "certificates/ca.pem",
        )
        vpcs = {one.name: one for one in self.network.vpcs}
        for host in self.network.hosts:
            vpc = vpcs[self.network.subnet[host.subnet].vpc]
            machine = Machine(host, vpc, self.wiring.hosts[host.name], places)
            self.machines[host.name] = machine
            machine.start()

    def replace(self, name: str) -> None:
        """Another instance in a host's place, with an empty disk. Raises RunError."""
        self._tell(name)
        self.machines[name].replace()

    @property
    def served(self) -> frozenset[str]:
        """The names of the hosts whose files the mirror has."""
        return frozenset(key.partition("/")[0] for key in self._order["folders"])

    def missed(self) -> dict[str, list[str]]:
        """The URLs that each machine asked for and that are not to be had here."""
        holders = {one.public: one.name for one in self.network.hosts if one.public}
        behind = [one.name for one in self.network.hosts if not one.public]
        found: dict[str, list[str]] = {}
        with suppress(FileNotFoundError):
            for line in (self.folder / "missed.jsonl").read_text(encoding="utf-8").splitlines():
                note = json.loads(line)
                # Whoever calls through a NAT gateway is one of those without a public address.
                for name in [holders[note["address"]]] if note["address"] in holders else behind:
                    found.setdefault(name, []).append(note["url"])
        return found

    def checks(self) -> Iterator[Check]:
        """Packets against the model, and then what only machines can answer."""
        yield from self.pairs()
        if not self.machines:
            return
        yield from conversations.names_and_time(self.network, self.wiring)
        asked = self.open_questions()
        yield from conversations.answers(self.network, self.wiring, asked, self.left_out)
        world = self.network.outside["internet"][0]
        for question in asked:
            host = self.machines[question.destination].host
            if question.client == world:
                yield conversations.site(self.network, self.wiring, host)
            if question.client and question.port == conversations.PROMETHEUS:
                yield from conversations.targets(
                    self.wiring.outside.path,
                    question.client,
                    host.public,
                    self._scraped_from(host.name, asked),
                )

    def _scraped_from(self, watcher: str, asked: list[Question]) -> list[tuple[str, int]]:
        """What the network is opened for, to the host that watches, but the site and SSH."""
        return [
            (self.machines[one.destination].host.address, one.port)
            for one in asked
            if one.source == watcher and one.port not in (22, 80)
        ]

    def open_questions(self) -> list[Question]:
        """What the network let through to hosts, by TCP, when the pairs were last asked."""
        hosts = {one.name for one in self.network.hosts}
        return [one for one in self._open if one.protocol == "tcp" and one.destination in hosts]

    def pairs(self) -> Iterator[Check]:
        begun = time.monotonic()
        asked = probes.questions(self.network, probes.interesting_ports(self.network))
        found = prediction.compare(self.stack, self.network, self.wiring, asked)
        self._open = found.open
        for difference in found.differences:
            subject, _, said = difference.partition(": ")
            yield Check("pairs", subject, "failed", said)
        for question in found.unknown:
            yield Check("pairs", str(question), "left out", "reach cannot tell before apply")
        yield Check(
            "pairs",
            f"{found.asked} questions of every pair, both ways",
            "failed" if found.differences else "ok",
            f"{len(found.open)} open, {found.asked - len(found.open)} closed, as reach says"
            if not found.differences
            else f"{len(found.differences)} differ from what reach says",
            time.monotonic() - begun,
        )

    def _tell(self, message: str) -> str:
        assert self._services.stdin is not None and self._services.stdout is not None
        with suppress(BrokenPipeError):
            self._services.stdin.write(message + "\n")
            self._services.stdin.flush()
        answer = self._services.stdout.readline().strip()
        if not answer:
            raise RunError("what answers in AWS's place has ended")
        return answer
