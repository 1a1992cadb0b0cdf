"""The gate on a real plan: Terraform's own, of the safe `dev` and of one with many faults."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import unsafe_edits
from dev_stack import Dev

from delivery import terraform_cli
from delivery.terraform_cli import UnavailableError
from policies import gate
from policies.report import Report
from reachability.changes import changes
from reachability.matrix import matrix
from reachability.model import Topology
from reachability.terraform import read
from tests.synthesised import DEV, stack, synthesise

# One edit for each policy, chosen so that all of them fit into one plan.
FAULTS = (
    "private_subnet_maps_public_addresses",
    "private_table_routes_one_host_to_the_internet_gateway",
    "application_gets_a_second_interface_in_the_public_subnet",
    "application_gets_an_elastic_ip",
    "ssh_opens_to_the_world_in_two_halves",
    "a_database_port_opens_on_the_web_server",
    "egress_opens_to_all_tcp_ports",
    "a_rule_loses_its_description",
    "a_group_gets_an_inline_rule",
    "the_default_group_gets_a_rule_by_the_vpcs_attribute",
    "metadata_needs_no_token",
    "the_root_disk_is_in_the_clear",
    "the_nat_gateway_moves_to_the_private_subnet",
    "a_peering_route_takes_everything",
    "a_second_range_overlaps_the_peer",
    "a_route_leads_to_the_gateway_of_another_network",
    "the_applications_secret_key_is_written_down",
    "a_host_gets_a_key_pair",
    "web_server_claims_to_be_private",
    "management_is_associated_with_a_table_of_its_own_too",
)
OFFLINE = {
    "access_key": "none",
    "secret_key": "none",
    "skip_credentials_validation": True,
    "skip_metadata_api_check": True,
    "skip_region_validation": True,
    "skip_requesting_account_id": True,
}

Plan = Callable[[Dev], tuple[Report, Path]]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """`dev` with an image of its own, so that a plan asks AWS nothing."""
    text = DEV.read_text(encoding="utf-8")
    named = text.replace("# image =", "image =")
    assert named != text
    found = stack(synthesise(tmp_path_factory.mktemp("plan"), dev=named), "dev")
    found["provider"]["aws"][0].update(OFFLINE)
    del found["terraform"]["backend"]
    return found


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    def run(dev: Dev) -> tuple[Report, Path]:
        synthesised = tmp_path / "dev" / "cdk.tf.json"
        synthesised.parent.mkdir()
        synthesised.write_text(json.dumps(dev.document), encoding="utf-8")
        work = tmp_path / "work"
        work.mkdir()
        shutil.copy(synthesised, work)
        try:
            terraform_cli.run(work, "init", "-backend=false", "-no-color")
        except UnavailableError as error:
            pytest.skip(str(error))
        terraform_cli.run(work, "plan", "-refresh=false", "-input=false", "-out=plan", "-no-color")
        planned = tmp_path / "plan.json"
        planned.write_text(terraform_cli.run(work, "show", "-json", "plan"), encoding="utf-8")
        return gate.run([planned], synthesised=synthesised), planned

    return run


def test_the_plan_of_dev_passes_without_a_waiver(
    document: dict[str, Any], plan: Plan, dev_output: Path
) -> None:
    report, planned = plan(Dev(document))
    assert [(one.check, one.path, one.problems) for one in report.refused] == []
    assert report.waiver_problems == ()
    assert report.waived == ()
    synthesised = matrix(Topology.of(read(dev_output / "stacks/dev/cdk.tf.json")))
    assert changes(synthesised, matrix(Topology.of(read(planned)))) == []


def test_each_policy_refuses_its_fault_in_a_plan(document: dict[str, Any], plan: Plan) -> None:
    chosen = [one for one in unsafe_edits.EDITS if one.edit.__name__ in FAULTS]
    assert len({one.check for one in chosen}) == len(chosen) == 20
    dev = Dev(document)
    for unsafe in chosen:
        unsafe.edit(dev)
    report, _ = plan(dev)
    refused = {(one.check, one.path) for one in report.refused}
    assert {(one.check, one.path) for one in chosen} <= refused
