"""Seconds of one question to reachability, after loading: `python -m tests.bench.reachability_times
dev|wide|plan …`; a process of its own, so that its memory is the question's."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from reachability import terraform
from reachability.matrix import matrix
from reachability.model import Topology
from tests.bench.wide_network import as_plan, wide_network


def of_matrix(file: Path) -> float:
    """The matrix of a stack that is loaded."""
    stack = terraform.read(file)
    start = time.perf_counter()
    matrix(Topology.of(stack))
    return time.perf_counter() - start


def of_wide(instances: int) -> float:
    """The matrix of that many instances in 20 VPCs."""
    stack = terraform.parse(wide_network(instances, 20), Path("stacks/wide/cdk.tf.json"))
    start = time.perf_counter()
    matrix(Topology.of(stack))
    return time.perf_counter() - start


def write_plan(file: Path, megabytes: int) -> None:
    """A plan of at least that size, and not much more."""
    wanted, instances, size = megabytes * 1024**2, 1000, 0
    while size < wanted:
        instances = int(instances * 1.02 * wanted / size) if size else instances
        text = json.dumps(as_plan(wide_network(instances, 20)))
        size = len(text)
    file.write_text(text, encoding="utf-8")


def of_plan(file: Path) -> float:
    """Loading a plan."""
    start = time.perf_counter()
    terraform.read(file)
    return time.perf_counter() - start


if __name__ == "__main__":
    question, argument = sys.argv[1:]
    if question == "dev":
        print(of_matrix(Path(argument)))
    elif question == "wide":
        print(of_wide(int(argument)))
    else:
        print(of_plan(Path(argument)))
