"""What a plan (`terraform show -json`) does to each resource, as plain data.

Shapes: Terraform documentation, "JSON Output Format", sections "Plan Representation" and "Change
Representation".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from constructs_lib.problems import dotted
from delivery.plan_edits import Edit, edits_of
from reachability.stack import base_address

Verb = Literal["create", "change", "replace", "destroy", "forget"]

LOSSES: Mapping[str, str] = {
    "aws_cloudwatch_log_group": "its logs are lost",
    "aws_db_instance": "its data is lost",
    "aws_ebs_volume": "its data is lost",
    "aws_efs_file_system": "its files are lost",
    "aws_eip": "its address is lost, and does not come back",
    "aws_instance": "what is on its disk is lost",
    "aws_kms_key": "what it encrypted cannot be read again",
    "aws_nat_gateway": "its private subnets have no way out meanwhile",
    "aws_s3_bucket": "its objects are lost",
    "aws_subnet": "everything in it goes with it",
    "aws_vpc": "everything in it goes with it",
}
"""What is lost with a resource that is destroyed or replaced, by type."""

# Amazon EC2 User Guide, "Change the instance type" and "Work with instance user data": both stop
# the instance; the provider (resource "aws_instance") does so by itself.
_STOPS = {"instance_type", "user_data", "user_data_base64"}

_ACTIONS: Mapping[tuple[str, ...], Verb] = {
    ("create",): "create",
    ("update",): "change",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("create", "forget"): "replace",
    ("delete",): "destroy",
    ("forget",): "forget",
}

_REASONS: Mapping[str, str] = {
    "replace_because_tainted": "an earlier apply left it half made",
    "replace_by_request": "as asked for",
    "replace_by_triggers": "replace_triggered_by forces it",
}


@dataclass(frozen=True)
class ResourceChange:
    """`because` is why it is replaced, `private_ip forces it`; empty for other changes.

    `consequence` is what people lose by it, or notice of it; empty for nothing.
    """

    address: str
    type: str
    verb: Verb
    edits: tuple[Edit, ...] = ()
    because: str = ""
    consequence: str = ""

    @property
    def loses(self) -> bool:
        return self.verb in ("replace", "destroy") and bool(self.consequence)


def planned(document: Mapping[str, Any]) -> tuple[ResourceChange, ...]:
    """Every resource that the plan changes, in the plan's order."""
    return tuple(_changes(document.get("resource_changes", ())))


def drifted(document: Mapping[str, Any]) -> tuple[ResourceChange, ...]:
    """Every resource that is gone, or no longer what was written, as the plan found it.

    What only AWS decides (a gateway's address, a group's list of standalone rules) is no drift.
    """
    module = document.get("configuration", {}).get("root_module", {})
    written = {
        one["address"]: {*one.get("expressions", ()), "tags_all"}
        for one in module.get("resources", ())
    }
    found = []
    for one in _changes(document.get("resource_drift", ())):
        mine = written.get(base_address(one.address), set())
        edits = tuple(edit for edit in one.edits if edit.argument in mine)
        if edits or one.verb != "change":
            found.append(replace(one, edits=edits))
    return tuple(found)


def created_instances(document: Mapping[str, Any]) -> frozenset[str]:
    """The addresses of the servers that boot for the first time by this plan."""
    return frozenset(
        one.address
        for one in planned(document)
        if one.type == "aws_instance" and one.verb in ("create", "replace")
    )


def _changes(listed: Any) -> Iterator[ResourceChange]:
    for body in listed:
        change = body["change"]
        verb = _ACTIONS.get(tuple(change["actions"]))
        if verb is None or body["mode"] != "managed":
            continue
        forced_by = tuple(dotted(path) for path in change.get("replace_paths") or ())
        edits = tuple(edits_of(change)) if verb in ("change", "replace") else ()
        if verb == "replace":
            edits = tuple(one for one in edits if one.attribute in forced_by)
        because = _because(body, forced_by) if verb == "replace" else ""
        consequence = _consequence(body["type"], verb, edits)
        yield ResourceChange(body["address"], body["type"], verb, edits, because, consequence)


def _because(body: Mapping[str, Any], forced_by: tuple[str, ...]) -> str:
    if forced_by:
        return f"{' and '.join(forced_by)} {'forces' if len(forced_by) == 1 else 'force'} it"
    return _REASONS.get(body.get("action_reason", ""), "")


def _consequence(type_: str, verb: Verb, edits: tuple[Edit, ...]) -> str:
    if verb in ("replace", "destroy"):
        return LOSSES.get(type_, "")
    stops = type_ == "aws_instance" and any(one.attribute in _STOPS for one in edits)
    return "it is stopped and started" if stops else ""
