"""Nonsense anywhere in a stack is judged or refused as unreadable; it never ends a policy early."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.policy import POLICIES
from policies.scan import load_checks
from reachability.matrix import matrix
from reachability.model import Topology
from reachability.terraform import UnreadableStackError, parse

BLOCKS = ("ingress", "egress", "route", "tags", "user_data", "network_interface", "entry")
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 70000)
    | st.sampled_from(
        ["", "x", "-1", "0.0.0.0/0", "${var.a}", "${aws_vpc.no.id}", "${", "%{", "/0"]
    )
    | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["cidr", "//", "a", "encrypted"]), inner, max_size=2)
    ),
    max_leaves=3,
)
PLAN = Path(__file__).parent / "only_the_web_server_is_public" / "fails.plan.json"


def judge_everything(document: dict[str, Any]) -> None:
    try:
        stack = parse(document, Path("dev/cdk.tf.json"))
    except UnreadableStackError as error:
        assert "\n" not in str(error)
        return
    matrix(Topology.of(stack))
    for policy in POLICIES.values():
        for resource in stack.of(*policy.types):
            assert all(isinstance(problem, str) for problem in policy.judge(resource, stack))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_nonsense_in_a_synthesised_stack_ends_no_policy(
    data: st.DataObject, dev_document: dict[str, Any]
) -> None:
    load_checks()
    document = copy.deepcopy(dev_document)
    for _ in range(data.draw(st.integers(1, 4))):
        named = document["resource"][data.draw(st.sampled_from(sorted(document["resource"])))]
        body = named[data.draw(st.sampled_from(sorted(named)))]
        key = data.draw(st.sampled_from([*sorted(body), *BLOCKS]))
        if key != "//":
            body[key] = data.draw(JSON)
    judge_everything(document)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_nonsense_in_a_plan_ends_no_policy(data: st.DataObject) -> None:
    load_checks()
    document: Any = json.loads(PLAN.read_text(encoding="utf-8"))
    for _ in range(data.draw(st.integers(1, 4))):
        place = document
        while True:
            keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if not isinstance(place[key], dict | list) or data.draw(st.integers(0, 9)) == 0:
                place[key] = data.draw(JSON)
                break
            place = place[key]
    if "planned_values" in document:
        judge_everything(document)
