"""Who can reach whom in the synthesised `dev`: exactly the flow matrix of DESIGN, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from reachability.model import Topology
from reachability.terraform import read
from reachability.verdict import open_ports, reach


@pytest.fixture(scope="module")
def topology(outdir: Path) -> Topology:
    return Topology.of(read(outdir / "stacks" / "dev" / "cdk.tf.json"))


# Written by hand from the topology's table: who opens, who answers, which TCP ports.
EXPECTED = {
    ("internet", "web"): "80",
    ("operators", "web"): "22, 80",
    ("operators", "jenkins"): "22, 80, 8080",
    ("operators", "monitoring"): "3000, 9090",
    ("jenkins", "web"): "22, 80",
    ("web", "app"): "22, 5000",
    ("monitoring", "app"): "9100, 9102",
    ("monitoring", "jenkins"): "9100",
    # Whoever may fetch pages anywhere may fetch the public site.
    ("app", "web"): "80",
    ("monitoring", "web"): "80, 3903, 9100, 9113",
    **{
        (server, outside): "80, 443"
        for server in ("web", "app", "jenkins", "monitoring")
        for outside in ("internet", "operators")
    },
}


def test_dev_opens_what_was_designed_and_nothing_else(topology: Topology) -> None:
    names = [*topology.outside, *topology.endpoints]
    found = {}
    for source in names:
        for destination in names:
            if source != destination:
                ports = open_ports(topology, source, destination)
                assert not any(one.unknown for one in ports.values()), (source, destination)
                assert not ports["udp"], (source, destination)
                if ports["tcp"]:
                    found[source, destination] = str(ports["tcp"].sure)
    assert found == EXPECTED


def test_what_stops_the_internet_from_the_application_is_named(topology: Topology) -> None:
    verdict = reach(topology, "internet", "app", 5000)
    assert verdict.state == "closed"
    assert len(verdict.reasons) == 3
    address, route, group = verdict.reasons
    assert "app has no public address" in address
    assert "no route from microblogVPC/private-us-east-1a" in route
    assert "security-groups/app has no ingress rule" in group
