"""A plan's before and after: what it opens and closes, said in words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_networks import Net, site
from typer.testing import CliRunner

from reachability import terraform
from reachability.changes import changes
from reachability.command import app
from reachability.matrix import matrix
from reachability.model import Topology

_REFERENCE = re.compile(r"\$\{(aws_\w+)\.([\w-]+)\.(\w+)\}")


def real(text: str) -> str:
    """References replaced by what they are once applied."""
    return _REFERENCE.sub(lambda m: f"{m[1]}-{m[2]}" + ("" if m[3] == "id" else f"-{m[3]}"), text)


def resources(net: Net) -> list[dict[str, Any]]:
    return [
        {
            "address": f"{type_}.{name}",
            "mode": "managed",
            "type": type_,
            "name": name,
            "values": {
                "id": f"{type_}-{name}",
                **json.loads(real(json.dumps({k: v for k, v in body.items() if k != "//"}))),
            },
        }
        for type_, named in net.resources.items()
        for name, body in named.items()
    ]


def expression(value: Any) -> dict[str, Any]:
    names = [".".join(found) for found in _REFERENCE.findall(json.dumps(value))]
    return {"references": names} if names else {"constant_value": value}


def plan(before: Net | None, after: Net) -> dict[str, Any]:
    """`terraform show -json` of a change of everything that stands into what is written."""
    prior = resources(before) if before else []
    known = {one["address"] for one in prior}
    written = [
        {
            **{key: one[key] for key in ("address", "mode", "type", "name")},
            "expressions": {
                key: expression(value)
                for key, value in after.resources[one["type"]][one["name"]].items()
                if key != "//"
            },
        }
        for one in resources(after)
    ]
    planned, created = [], []
    for one in resources(after):
        names = after.resources[one["type"]][one["name"]]
        hidden = {
            key: True
            for key, value in names.items()
            if any(
                f"{found[0]}.{found[1]}" not in known for found in _REFERENCE.findall(str(value))
            )
            or "${var." in str(value)
        }
        if one["address"] not in known:
            hidden["id"] = True
        change = {"actions": ["no-op" if one["address"] in known else "create"]}
        created.append({"address": one["address"], "change": {**change, "after_unknown": hidden}})
        shown = {key: value for key, value in one["values"].items() if key not in hidden}
        planned.append({**one, "values": shown})
    return {
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": created,
        "prior_state": {"values": {"root_module": {"resources": prior}}},
        "configuration": {"root_module": {"resources": written}},
    }


def differences(before: Net | None, after: Net) -> list[str]:
    document, path = plan(before, after), Path("plan.json")
    old = matrix(Topology.of(terraform.before(document, path)))
    new = matrix(Topology.of(terraform.parse(document, path)))
    return [str(one) for one in changes(old, new)]


def edited(edit: Callable[[Net], Any]) -> Net:
    net = site()
    edit(net)
    return net


EDITS: list[tuple[Callable[[Net], Any], list[str]]] = [
    (lambda net: None, []),
    (lambda net: net.change("security_group", "web", description="only words"), []),
    (lambda net: net.lets("web", "app", 8080), ["opens app:8080 to web"]),
    (
        lambda net: net.remove("route", "public-out"),
        [
            "closes web:80 to internet",
            "closes internet:every port to app",
            "closes internet:every port/udp to app",
            "closes internet:every port to web",
            "closes internet:every port/udp to web",
        ],
    ),
    (
        lambda net: net.rule("ingress", "web", 22, cidr_ipv4="198.51.100.0/24"),
        ["opens web:22 to internet (addresses 198.51.100.0/24)"],
    ),
    (
        lambda net: net.change("vpc_security_group_ingress_rule", "app-1", to_port="${var.x}"),
        # From the 5000 that was to every port there may be, if the number is unknown.
        ["may open app:0-4999, 5001-65535 to web", "may close app:5000 to web"],
    ),
]


@pytest.mark.parametrize(("edit", "words"), EDITS, ids=[" ".join(w)[:40] or "-" for _, w in EDITS])
def test_a_plan_says_what_it_opens_and_closes(edit: Callable[[Net], Any], words: list[str]) -> None:
    assert sorted(differences(site(), edited(edit))) == sorted(words)


def test_a_first_plan_opens_all_there_is() -> None:
    words = differences(None, site())
    assert "opens web:80 to internet" in words
    assert "opens app:5000 to web" in words
    assert not [one for one in words if not one.startswith("opens ")]


def test_a_wider_prefix_list_opens_to_the_addresses_it_adds() -> None:
    def narrow(net: Net) -> None:
        held = net.add("ec2_managed_prefix_list", "operators", entry=[{"cidr": "203.0.113.0/25"}])
        net.rule("ingress", "web", 22, prefix_list_id=held)

    wide = edited(narrow)
    wide.change("ec2_managed_prefix_list", "operators", entry=[{"cidr": "203.0.113.0/24"}])
    # Those addresses were the internet's before, under whose name 80 was open to them.
    words = differences(edited(narrow), wide)
    assert "opens web:22, 80 to operators (addresses 203.0.113.128/25)" in words
    assert "closes web:80 to internet (addresses 203.0.113.128/25)" in words
    assert not [one for one in words if one.startswith(("closes web:22", "closes app"))]


def test_the_command_prints_the_difference(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    after = edited(lambda net: net.lets("web", "app", 8080))
    path.write_text(json.dumps(plan(site(), after)), encoding="utf-8")
    ran = CliRunner().invoke(app, ["--plan", str(path)])
    assert (ran.exit_code, ran.stdout) == (0, "opens app:8080 to web\n")
    ran = CliRunner().invoke(app, ["--plan", str(path), "--json"])
    assert [one["words"] for one in json.loads(ran.stdout)] == ["opens app:8080 to web"]


def test_synthesised_json_is_refused_as_a_plan(tmp_path: Path) -> None:
    path = tmp_path / "cdk.tf.json"
    path.write_text(json.dumps({"resource": site().resources}), encoding="utf-8")
    ran = CliRunner().invoke(app, ["--plan", str(path)])
    assert ran.exit_code == 2
    assert "is no plan" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_a_resource_with_count_answers_as_each_of_its_instances() -> None:
    document = plan(None, site())
    root = document["planned_values"]["root_module"]["resources"]
    (web,) = (one for one in root if one["address"] == "aws_instance.web")
    root.remove(web)
    (change,) = (
        one for one in document["resource_changes"] if one["address"] == "aws_instance.web"
    )
    for index in (0, 1):
        one = {**web, "address": f"aws_instance.web[{index}]", "index": index}
        root.append({**one, "values": {**web["values"], "private_ip": f"10.0.1.{10 + index}"}})
        document["resource_changes"].append({**change, "address": one["address"]})
    found = matrix(Topology.of(terraform.parse(document, Path("plan.json"))))
    for index in (0, 1):
        assert str(found.cell("internet", f"web[{index}]").ports["tcp"].sure) == "80"
        assert str(found.cell(f"web[{index}]", "app").ports["tcp"].sure) == "5000"
