"""What a rehearsal costs, and what its site carries: for `pipenv run bench`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rehearsal.rehearsal import Rehearsal
from rehearsal.throughput import requests_a_second

_CLIENTS = [f"192.0.2.{number}" for number in range(20, 250)]


def memory(folder: Path) -> float:
    """Megabytes of every process seen from here, shared pages divided, and of the disks."""
    total = 0
    for path in Path("/proc").glob("[0-9]*/smaps_rollup"):
        with suppress(OSError):
            found = re.search(r"^Pss:\s+(\d+) kB", path.read_text(), re.MULTILINE)
            total += int(found[1]) * 1024 if found else 0
    disks = os.statvfs(folder)
    return (total + (disks.f_blocks - disks.f_bfree) * disks.f_frsize) / 1024**2


def throughput(rehearsal: Rehearsal) -> Iterator[tuple[str, float]]:
    """Requests a second, through the site and asked of the application directly."""
    world = rehearsal.network.outside["internet"][0]
    asked = rehearsal.open_questions()
    site = next(one.destination for one in asked if one.client == world and one.port == 80)
    behind = next(one for one in asked if one.source == site and one.port == 5000)
    for address in _CLIENTS:
        rehearsal.wiring.outside.run(["ip", "address", "add", f"{address}/32", "dev", "lo"])
    public = rehearsal.machines[site].host.public
    application = rehearsal.machines[behind.destination].host.address
    within = rehearsal.wiring.hosts[site].path
    yield "direct", requests_a_second(within, [""], application, behind.port)
    yield "site", requests_a_second(rehearsal.wiring.outside.path, _CLIENTS, public, 80)
