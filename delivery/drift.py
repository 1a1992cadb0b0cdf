"""What somebody did by hand: to what Terraform made, and beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from delivery.plan_changes import drifted
from delivery.plan_words import drift_line
from delivery.workspace import Workspace
from reachability import live
from reachability.live.account import tags_of


def differences(workspace: Workspace, scratch: Path) -> Iterator[str]:
    """Each difference between the account and what was applied, one line each.

    Terraform tells of its own resources, `reachability.live` of rules, routes, addresses, network
    ACLs and peerings that are none of them. Raises TerraformError and AccountError.
    """
    document = workspace.engine.plan(scratch / "refresh", "-refresh-only")
    yield from map(drift_line, drifted(document))
    found = live.compare(workspace.synthesised, workspace.endpoint)
    yield from replace(found, not_read=(), not_modelled=()).lines()
    yield from idle_addresses(workspace.client("ec2"), workspace.tags, known_ids(document))


def known_ids(document: Mapping[str, Any]) -> frozenset[str]:
    """The ids of everything that Terraform made, of a plan's state."""
    root = document.get("prior_state", {}).get("values", {}).get("root_module", {})
    return frozenset(str(one["values"].get("id")) for one in root.get("resources", ()))


def idle_addresses(ec2: Any, tags: Mapping[str, str], known: frozenset[str]) -> Iterator[str]:
    """Elastic IPs attached to nothing that are this environment's, or nobody's by their tags."""
    for one in ec2.describe_addresses()["Addresses"]:
        owner = tags_of(one)
        ours = all(owner.get(key, value) == value for key, value in tags.items())
        if ours and one["AllocationId"] not in known and "AssociationId" not in one:
            yield (
                f"also there: Elastic IP {one['PublicIp']} ({one['AllocationId']}), attached to "
                "nothing; release it, or tag it with its Project"
            )
