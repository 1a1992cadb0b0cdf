"""What a plan does, read from plans as Terraform 1.11 wrote them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from delivery.plan_changes import created_instances, drifted, planned
from delivery.plan_words import headline, sections

PLANS = Path(__file__).with_name("plans")


def plan(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((PLANS / f"{name}.json").read_text(encoding="utf-8"))
    return document


def words(document: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {one.title: one.lines for one in sections(document, Path("plan.json"))}


def one_change(
    before: Any, after: Any, *, unknown: Any = None, secret: tuple[Any, Any] = (False, False)
) -> dict[str, Any]:
    """A plan that updates one resource."""
    change = {
        "actions": ["update"],
        "before": before,
        "after": after,
        "after_unknown": unknown or {},
        "before_sensitive": secret[0],
        "after_sensitive": secret[1],
    }
    body = {"address": "aws_x.y", "mode": "managed", "type": "aws_x", "change": change}
    return {"planned_values": {"root_module": {}}, "resource_changes": [body]}


def edits(document: Mapping[str, Any]) -> list[str]:
    (change,) = planned(document)
    return [str(edit) for edit in change.edits]


def test_a_replaced_server_comes_first_with_the_attribute_that_forces_it() -> None:
    said = words(plan("server_and_operators"))
    assert next(iter(said)) == "Loses something"
    assert said["Loses something"] == (
        "replaced aws_instance.web_instance (private_ip forces it): what is on its disk is lost",
    )
    assert "Replaced" not in said


def test_a_server_that_changes_its_size_is_said_to_stop() -> None:
    (line,) = [one for one in words(plan("server_and_operators"))["Changed"] if "app_" in one]
    assert line == (
        'aws_instance.app_instance: instance_type "t3.micro" → "t3.small", '
        "user_data_base64 changes; it is stopped and started"
    )


def test_a_nat_gateway_and_a_subnet_that_are_replaced_are_called_out() -> None:
    said = words(plan("public_subnet_moves"))
    assert said["Loses something"] == (
        "replaced aws_nat_gateway.microblogVPC_nat-us-east-1a_nat-gateway (subnet_id forces it): "
        "its private subnets have no way out meanwhile",
        "replaced aws_subnet.microblogVPC_public-us-east-1a_subnet (cidr_block forces it): "
        "everything in it goes with it",
    )
    (route,) = said["Changed"]
    assert "nat_gateway_id" in route
    assert "(known after apply)" in route
    (association,) = said["Replaced"]
    assert association.startswith("aws_route_table_association.")
    assert association.endswith("; subnet_id forces it")


def test_the_headline_counts_each_resource_once() -> None:
    assert headline(plan("public_subnet_moves")) == "3 replaced, 1 changed; with a loss: 2"
    assert headline({"resource_changes": []}) == "nothing changes"


def test_what_does_not_change_is_not_named() -> None:
    assert "microblogVPC_vpc" not in str(words(plan("server_and_operators")))


def test_only_servers_that_are_made_are_waited_for() -> None:
    assert created_instances(plan("server_and_operators")) == {"aws_instance.web_instance"}
    assert created_instances(plan("public_subnet_moves")) == frozenset()


def test_what_the_provider_fills_in_after_an_apply_is_no_drift() -> None:
    document = plan("public_subnet_moves")
    assert document["resource_drift"], "the plan was made right after an apply"
    assert drifted(document) == ()


def test_a_written_argument_that_changed_and_a_resource_that_is_gone_are_drift() -> None:
    document = plan("public_subnet_moves")
    subnet = next(one for one in document["resource_changes"] if one["type"] == "aws_subnet")
    by_hand = {
        "actions": ["update"],
        "before": subnet["change"]["before"],
        "after": {**subnet["change"]["before"], "map_public_ip_on_launch": False},
    }
    gateway = next(one for one in document["resource_changes"] if one["type"] == "aws_nat_gateway")
    gone = {"actions": ["delete"], "before": gateway["change"]["before"], "after": None}
    document["resource_drift"] = [{**subnet, "change": by_hand}, {**gateway, "change": gone}]
    said = words(document)["Found changed outside Terraform"]
    assert said == (
        f"{subnet['address']}: map_public_ip_on_launch true → false",
        f"{gateway['address']} is gone",
    )


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"a": 1}, {"a": 2}, ["a 1 → 2"]),
        ({"a": {"b": "x"}}, {"a": {"b": "y"}}, ['a.b "x" → "y"']),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, ["a[0].b 1 → 2"]),
        ({"a": [1]}, {"a": [1, 2]}, ["a [1] → [1, 2]"]),
        ({"a": None}, {"a": "x"}, ['a nothing → "x"']),
        ({"a": None}, {"a": []}, []),
        ({"a": "x" * 900}, {"a": "x" * 899 + "y"}, ["a changes"]),
        ({"tags": {"N": "a"}, "tags_all": {"N": "a"}}, {"tags": {"N": "b"}, "tags_all": {"N": "b"}},
         ['tags.N "a" → "b"']),
    ],
)  # fmt: skip
def test_an_edit_names_the_attribute_and_both_values(
    before: Any, after: Any, said: list[str]
) -> None:
    assert edits(one_change(before, after)) == said


def test_a_value_known_only_after_apply_is_said_to_be() -> None:
    document = one_change({"a": "x", "b": 1}, {"b": 1}, unknown={"a": True, "new": True})
    assert edits(document) == ['a "x" → (known after apply)']


@pytest.mark.parametrize("secret", [({"a": True}, {}), ({}, {"a": True}), (True, True)])
def test_a_sensitive_value_is_never_shown(secret: tuple[Any, Any]) -> None:
    document = one_change({"a": "old-secret"}, {"a": "new-secret"}, secret=secret)
    assert "secret" not in str(edits(document)).replace("(sensitive)", "")
    assert "secret" not in str(words(document)).replace("(sensitive)", "")


def test_a_sensitive_value_inside_a_block_is_never_shown() -> None:
    document = one_change(
        {"a": {"b": "old-secret", "c": 1}},
        {"a": {"b": "new-secret", "c": 2}},
        secret=({}, {"a": {"b": True}}),
    )
    assert edits(document) == ["a.b changes", "a.c 1 → 2"]
