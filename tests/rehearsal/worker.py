"""`python -m tests.rehearsal.worker`: networks of stacks, probed; one answer a line for one order.

The process leaves the host's network before it starts (see `probing`) and ends with its parent.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from reachability import terraform
from rehearsal import compiler, prediction, probes
from rehearsal.namespaces import run
from rehearsal.network import Network, RehearsalError
from rehearsal.wiring import Wiring


def compared(order: dict[str, Any]) -> dict[str, Any]:
    """{"differences", "open", "asked", "unknown", "refused", "dropped"} of a stack's network.

    `order` has the synthesised stack as `document`, and under `forget` the number of a security
    group's rule that the network is to lack.
    """
    stack = terraform.parse(order["document"], Path("stacks/dev/cdk.tf.json"))
    try:
        network = compiler.network(stack)
    except RehearsalError as error:
        return {"refused": str(error)}
    asked = probes.questions(network, probes.interesting_ports(network))
    built = network if order.get("forget") is None else without(network, order["forget"])
    folder = Path(tempfile.mkdtemp())
    wiring = Wiring(built, folder)
    found = prediction.compare(stack, built, wiring, asked)
    answer = {
        "differences": found.differences,
        "open": len(found.open),
        "asked": found.asked,
        "unknown": len(found.unknown),
        "dropped": wiring.dropped(),
    }
    for path in folder.iterdir():
        run(["umount", str(path)])
    return answer


def without(network: Network, number: int) -> Network:
    """The network without one of its security-group rules; counted over all groups."""
    groups = {}
    for name, rules in network.groups.items():
        kept = [rule for index, rule in enumerate(rules) if index != number]
        number -= len(rules)
        groups[name] = tuple(kept)
    return replace(network, groups=groups)


def main() -> None:
    run(["mount", "-t", "tmpfs", "tmpfs", tempfile.gettempdir()])
    for line in sys.stdin:
        print(json.dumps(compared(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
