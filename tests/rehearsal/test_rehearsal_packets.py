"""Networks of namespaces, without machines: what packets say is what reachability says."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from reachability import terraform
from reachability.matrix import Matrix, matrix
from reachability.model import Topology
from rehearsal import compiler, filters, probes
from rehearsal.network import Network, RehearsalError, Rule
from tests.policies.contract_mutations import applied, mutations
from tests.reachability.oracle.as_terraform import as_terraform
from tests.reachability.oracle.draw import draw
from tests.rehearsal.probing import Prober

STACK = Path("stacks/dev/cdk.tf.json")


def network_of(document: dict[str, Any]) -> Network:
    return compiler.network(terraform.parse(document, STACK))


def opened(document: dict[str, Any]) -> dict[Any, Any]:
    found: Matrix = matrix(Topology.of(terraform.parse(document, STACK)))
    return {
        (one, other): (dict(cell.ports), dict(cell.parts)) for one, other, cell in found.pairs()
    }


def test_every_pair_of_dev_on_every_port_is_as_reach_says(
    dev: dict[str, Any], prober: Prober
) -> None:
    seen = prober.compare(dev)
    assert seen["differences"] == []
    assert seen["unknown"] == 0
    assert 0 < seen["open"] < seen["asked"]
    assert seen["asked"] >= 300


def test_a_network_that_lacks_any_one_rule_is_found_out(
    dev: dict[str, Any], prober: Prober
) -> None:
    """Of the rules between two ends; names and time are asked by nobody here."""
    network = network_of(dev)
    link_local = {f"{vpc.resolver}/32" for vpc in network.vpcs} | {"169.254.169.123/32"}
    rules = [(rule, several) for several in network.groups.values() for rule in several]
    numbers = [
        number
        for number, (rule, beside) in enumerate(rules)
        if not link_local.issuperset(rule.cidrs or "x") and not is_implied(rule, beside)
    ]
    assert len(numbers) > 20
    for number in random.Random(6).sample(numbers, 4):
        assert prober.compare(dev, forget=number)["differences"], rules[number][0]


def is_implied(rule: Rule, beside: tuple[Rule, ...]) -> bool:
    """Whether another rule lets everybody do what this one lets some."""
    return any(
        other != rule
        and (other.direction, other.service) == (rule.direction, rule.service)
        and "0.0.0.0/0" in other.cidrs
        for other in beside
    )


@pytest.mark.parametrize("count", [5, pytest.param(20, marks=pytest.mark.slow)])
def test_mutations_show_in_packets_as_reach_predicts(
    dev: dict[str, Any], prober: Prober, count: int
) -> None:
    before = opened(dev)
    changing = [
        (name, changed)
        for name, edit in mutations(dev)
        if (changed := applied(dev, edit)) is not None and opened(changed) != before
        # Terraform itself refuses a reference to what is not there.
        if not re.match("drop .*(gateway|peering_connection)", name)
    ]
    for name, changed in random.Random(20).sample(changing, count):
        seen = prober.compare(changed)
        assert seen.get("differences") == [], name


@pytest.mark.parametrize("count", [6, pytest.param(100, marks=pytest.mark.slow)])
def test_drawn_networks_are_as_reach_says_too(prober: Prober, count: int) -> None:
    """ACLs, inline and legacy rules, default groups, main tables: what `dev` does not have."""
    asked = 0
    for seed in range(count):
        seen = prober.compare(as_terraform(draw(seed)))
        if "refused" in seen:
            assert seen["refused"].endswith("has IPv6 addresses, which are not rehearsed")
            continue
        assert seen["differences"] == [], f"seed {seed}"
        asked += seen["asked"]
    assert asked > 1000


def edited(document: dict[str, Any], type_: str, name: str, **values: Any) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(document))
    changed["resource"][type_][name].update(values)
    return changed


@pytest.mark.parametrize("missing", ["microblogVPC_public", "management_public"])
def test_a_missing_return_route_silences_both_ways(
    dev: dict[str, Any], prober: Prober, missing: str
) -> None:
    changed = json.loads(json.dumps(dev))
    routes = changed["resource"]["aws_route"]
    (name,) = [
        one
        for one, body in routes.items()
        if "vpc_peering_connection_id" in body and missing in body["route_table_id"]
    ]
    del routes[name]
    seen = prober.compare(changed)
    assert seen["differences"] == []
    assert seen["open"] < prober.compare(dev)["open"]
    # The default route takes them to the world, which ends at the last namespace.
    assert seen["dropped"]["beyond_the_rehearsal"] > 0


def test_what_cannot_be_rehearsed_is_refused_by_name(dev: dict[str, Any]) -> None:
    changed = edited(
        dev, "aws_instance", "web_instance", subnet_id="${data.aws_subnet.elsewhere.id}"
    )
    with pytest.raises(RehearsalError, match=r"^dev/web/instance: its subnet"):
        network_of(changed)


def test_addresses_are_chosen_apart_from_every_range_that_a_rule_names(
    dev: dict[str, Any],
) -> None:
    network = network_of(dev)
    public = [one.public for one in network.hosts if one.public]
    assert len(set(public)) == 3
    assert all(one.startswith("198.51.100.") for one in public)
    assert network.outside["operators"] == ("203.0.113.10",)
    assert "203.0.113.10" not in network.outside["internet"]


def test_interesting_ports_are_the_ends_of_ranges_and_their_neighbours(
    dev: dict[str, Any],
) -> None:
    rule = "security-groups_ingress_web-to-app-tcp-5000"
    changed = edited(dev, "aws_vpc_security_group_ingress_rule", rule, from_port=6000, to_port=6010)
    ports = probes.interesting_ports(network_of(changed))["tcp"]
    assert {5999, 6000, 6010, 6011, 31337} <= set(ports)


def test_the_world_forwards_between_gateways_and_drops_the_rest() -> None:
    rules = filters.outside(["igw-vpc0", "igw-vpc1"])
    assert rules.count("accept") == 1
    assert "policy drop" in rules
    assert "counter name beyond_the_rehearsal drop" in rules
