"""`python -m tests.reachability.oracle.worker`: one answer per line for one order per line.

The process leaves the host's network namespace before anything else and dies with its parent.
"""

from __future__ import annotations

import ctypes
import json
import resource
import signal
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from tests.reachability.oracle import description as plain
from tests.reachability.oracle.description import INTERNET, PORTS, Description, Question
from tests.reachability.oracle.namespaces import leave_the_host
from tests.reachability.oracle.network import Network
from tests.reachability.oracle.probes import Attempt, answered
from tests.reachability.oracle.worlds import worlds

_PR_SET_PDEATHSIG = 1


def observe(
    description: Description, asked: list[Question], patience: float
) -> tuple[Counter[Question], int, Counter[str]]:
    """In how many worlds real packets say yes to each question, how many worlds there are, and
    the packets dropped by cause.

    A pair is open when any way is: to the private or to the public address, and, for the
    internet, from or to any of its addresses.
    """
    yes: set[tuple[Question, int]] = set()
    dropped: Counter[str] = Counter()
    number = 0
    addresses = description.addresses
    for world in worlds(description):
        with closing(Network(description, world)) as network:
            for first in world.client_ports:
                number += 1
                calls = _calls(description, world.public, asked, first)
                answers = answered(network.endpoints, addresses, PORTS, calls, patience)
                yes |= {(calls[one], number) for one in answers}
            dropped.update(network.dropped())
    return Counter(question for question, _ in yes), number, dropped


def _calls(
    description: Description, public: Mapping[str, str], asked: list[Question], first: int
) -> dict[Attempt, Question]:
    """Every call to make from client ports near `first`, with the question it belongs to.

    Clients that may share a NAT gateway have different ports, so that it need not change them.
    """
    addresses = description.addresses
    number = {name: position for position, name in enumerate(addresses, start=1)}
    calls = {}
    for question in asked:
        source, destination, protocol, port = question
        from_outside = source == INTERNET
        targets = [one for one in addresses[destination] if not from_outside or ":" in one]
        targets += [public[destination]] if destination in public else []
        for ours in addresses[source]:
            for theirs in (one for one in targets if (":" in one) == (":" in ours)):
                client = first + number[source]
                calls[Attempt(source, ours, client, theirs, protocol, port)] = question
    return calls


def _handle(order: dict[str, Any]) -> dict[str, Any]:
    description = plain.read(json.dumps(order["description"]))
    asked = [(a, b, c, d) for a, b, c, d in order["questions"]]
    yes, worlds, dropped = observe(description, asked, order["patience"])
    return {"yes": [yes[one] for one in asked], "worlds": worlds, "dropped": dropped}


def main() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    leave_the_host()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for line in sys.stdin:
        print(json.dumps(_handle(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
