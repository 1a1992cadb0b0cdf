"""Synthesised JSON and plans are read into the same model; what is unknown stays unknown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reachability.network import route_table, table_of
from reachability.routes import internet_routes, routes
from reachability.security_groups import ALL_PORTS, rules, users
from reachability.stack import Reference, Stack, Unknown
from reachability.terraform import UnreadableStackError, parse, read

FIXTURES = Path(__file__).parents[1] / "policies"
HERE = Path("dev/cdk.tf.json")


def synthesised(**resources: dict[str, Any]) -> Stack:
    return parse({"resource": resources}, HERE)


def plan(resources: list[dict[str, Any]], expressions: dict[str, Any]) -> Stack:
    """A plan of new resources, of which `unknown` is known after apply."""
    planned, changes, written = [], [], []
    for one in resources:
        type_, name = one["address"].split(".")[-2:]
        base = {"mode": "managed", "type": type_, "name": name.split("[")[0]}
        planned.append({**base, "address": one["address"], "values": one["values"]})
        change = {"actions": ["create"], "after_unknown": one.get("unknown", {})}
        changes.append({**base, "address": one["address"], "change": change})
        if (address := one["address"].split("[")[0]) in expressions:
            written.append({**base, "address": address, "expressions": expressions[address]})
    document = {
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": written}},
    }
    return parse(document, Path("plan.json"))


def facts(stack: Stack) -> tuple[Any, ...]:
    """What the checks ask of a stack, without the addresses' instance keys."""
    return (
        sorted(
            (one.resource.address, one.group, one.direction, one.protocol, one.ports.pairs,
             str(one.peers), len(one.unknown))
            for one in rules(stack)
        ),
        sorted(
            (one.resource.address, one.table.address if one.table else "", str(one.destination),
             one.kind)
            for one in routes(stack)
        ),
        sorted(
            (one.address, (table_of(stack, one) or one).address) for one in stack.of("aws_subnet")
        ),
    )  # fmt: skip


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*/*.tf.json")), ids=lambda p: p.parent.name)
def test_a_plan_says_what_the_synthesised_stack_it_came_from_says(path: Path) -> None:
    planned = path.with_name(path.name.replace(".tf.json", ".plan.json"))
    assert facts(read(planned)) == facts(read(path))


def test_a_reference_becomes_a_reference_and_a_template_stays_unknown() -> None:
    stack = synthesised(
        aws_vpc={"a": {"cidr_block": "10.0.0.0/18", "tags": {"Name": "literal $${text}"}}},
        aws_subnet={"b": {"vpc_id": "${aws_vpc.a.id}", "cidr_block": "${cidrsubnet(var.x, 8, 1)}"}},
    )
    subnet = stack.resources["aws_subnet.b"]
    assert subnet.values["vpc_id"] == Reference("aws_vpc.a", "id")
    assert stack.target(subnet, "vpc_id") is stack.resources["aws_vpc.a"]
    assert isinstance(subnet.values["cidr_block"], Unknown)
    assert stack.resources["aws_vpc.a"].tag("Name") == "literal ${text}"


def test_a_reference_to_a_known_attribute_gives_its_value() -> None:
    stack = synthesised(
        aws_vpc={"a": {"cidr_block": "10.0.0.0/18"}},
        aws_route={"r": {"destination_cidr_block": "${aws_vpc.a.cidr_block}"}},
    )
    assert stack.value(stack.resources["aws_route.r"], "destination_cidr_block") == "10.0.0.0/18"


def test_references_in_a_circle_end() -> None:
    stack = synthesised(aws_vpc={"a": {"x": "${aws_vpc.b.x}"}, "b": {"x": "${aws_vpc.a.x}"}})
    assert isinstance(stack.value(stack.resources["aws_vpc.a"], "x"), Reference)


def test_an_id_known_from_an_earlier_apply_leads_to_its_resource() -> None:
    stack = plan(
        [
            {"address": "aws_vpc.a", "values": {"id": "vpc-1", "cidr_block": "10.0.0.0/18"}},
            {"address": "aws_subnet.b", "values": {"vpc_id": "vpc-1"}},
        ],
        {},
    )
    assert stack.target(stack.resources["aws_subnet.b"], "vpc_id") is stack.resources["aws_vpc.a"]


def test_each_instance_of_for_each_points_to_its_own_counterpart() -> None:
    keys = ("a", "b")
    resources = [
        *({"address": f'aws_subnet.s["{key}"]', "values": {}} for key in keys),
        *(
            {
                "address": f'aws_route_table_association.s["{key}"]',
                "values": {},
                "unknown": {"subnet_id": True},
            }
            for key in keys
        ),
    ]
    written = {"subnet_id": {"references": ["aws_subnet.s", "each.key"]}}
    stack = plan(resources, {"aws_route_table_association.s": written})
    for key in keys:
        association = stack.resources[f'aws_route_table_association.s["{key}"]']
        assert stack.target(association, "subnet_id") is stack.resources[f'aws_subnet.s["{key}"]']


def test_a_reference_out_of_a_module_is_followed_through_its_argument() -> None:
    subnet = {"mode": "managed", "type": "aws_subnet", "name": "s"}
    vpc = {"mode": "managed", "type": "aws_vpc", "name": "v", "address": "aws_vpc.v"}
    document = {
        "planned_values": {
            "root_module": {
                "resources": [{**vpc, "values": {}}],
                "child_modules": [
                    {
                        "address": "module.net",
                        "resources": [{**subnet, "address": "module.net.aws_subnet.s"}],
                    }
                ],
            }
        },
        "resource_changes": [
            {
                "address": "module.net.aws_subnet.s",
                "change": {"actions": ["create"], "after_unknown": {"vpc_id": True}},
            }
        ],
        "configuration": {
            "root_module": {
                "resources": [{**vpc, "expressions": {}}],
                "module_calls": {
                    "net": {
                        "expressions": {"vpc": {"references": ["aws_vpc.v.id", "aws_vpc.v"]}},
                        "module": {
                            "resources": [
                                {**subnet, "expressions": {"vpc_id": {"references": ["var.vpc"]}}}
                            ]
                        },
                    }
                },
            }
        },
    }
    stack = parse(document, Path("plan.json"))
    inner = stack.resources["module.net.aws_subnet.s"]
    assert stack.target(inner, "vpc_id") is stack.resources["aws_vpc.v"]


def test_a_subnet_without_association_uses_its_vpcs_main_table() -> None:
    """Amazon VPC User Guide, "Subnet route tables"."""
    stack = synthesised(
        aws_vpc={"v": {"cidr_block": "10.0.0.0/18"}},
        aws_internet_gateway={"i": {"vpc_id": "${aws_vpc.v.id}"}},
        aws_subnet={"s": {"vpc_id": "${aws_vpc.v.id}"}},
        aws_default_route_table={
            "main": {
                "default_route_table_id": "${aws_vpc.v.default_route_table_id}",
                "route": [
                    {"cidr_block": "0.0.0.0/0", "gateway_id": "${aws_internet_gateway.i.id}"}
                ],
            }
        },
    )
    subnet = stack.resources["aws_subnet.s"]
    assert table_of(stack, subnet) is stack.resources["aws_default_route_table.main"]
    assert len(internet_routes(stack, subnet)) == 1


def test_the_main_table_of_an_adopted_vpc_is_told_from_the_others() -> None:
    document = {
        "data": {"aws_vpc": {"default": {"default": True}}},
        "resource": {
            "aws_route": {
                "r": {
                    "route_table_id": "${data.aws_vpc.default.main_route_table_id}",
                    "destination_cidr_block": "10.0.0.0/18",
                    "vpc_peering_connection_id": "${aws_vpc_peering_connection.p.id}",
                }
            }
        },
    }
    stack = parse(document, HERE)
    table = route_table(stack, stack.resources["aws_route.r"])
    assert table is stack.resources["data.aws_vpc.default"]


def test_a_rule_of_unknown_protocol_or_ports_counts_as_all() -> None:
    rule = {"security_group_id": "sg-1", "cidr_ipv4": "10.0.0.0/8", "from_port": 22, "to_port": 22}
    stack = synthesised(
        aws_vpc_security_group_ingress_rule={
            "protocol": {**rule, "ip_protocol": "${var.protocol}"},
            "port": {**rule, "ip_protocol": "tcp", "to_port": "${var.port}"},
        }
    )
    assert [one.opens("tcp") for one in rules(stack)] == [ALL_PORTS, ALL_PORTS]


def test_all_null_blocks_are_no_blocks() -> None:
    block = dict.fromkeys(("from_port", "to_port", "protocol", "cidr_blocks"))
    stack = synthesised(aws_security_group={"g": {"ingress": [block], "egress": [block]}})
    assert rules(stack) == ()


def test_a_security_group_is_used_by_what_names_it_anywhere() -> None:
    group = "${aws_security_group.g.id}"
    stack = synthesised(
        aws_security_group={"g": {}},
        aws_instance={"by_id": {"vpc_security_group_ids": [group]}, "not": {}},
        aws_lb={"by_list": {"security_groups": [group]}},
        aws_launch_template={"by_block": {"network_interfaces": [{"security_groups": [group]}]}},
        aws_network_interface_sg_attachment={"by_attachment": {"security_group_id": group}},
    )
    assert {one.address.split(".")[1] for one in users(stack, "aws_security_group.g")} == {
        "by_id",
        "by_list",
        "by_block",
        "by_attachment",
    }


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"{}", b"\xff\xfe", b'{"resource": {"aws_vpc": ', b'{"format_version": "1"}',
     b'{"resource": []}', b'{"resource": {"aws_vpc": []}}', b'{"resource": {"aws_vpc": {"a": 1}}}',
     b'{"planned_values": 1}', b'{"planned_values": {"root_module": {"resources": [{}]}}}',
     b'"text"', b"null"],
)  # fmt: skip
def test_what_is_no_terraform_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cdk.tf.json"
    path.write_bytes(content)
    with pytest.raises(UnreadableStackError) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UnreadableStackError, match="No such file"):
        read(tmp_path / "cdk.tf.json")


def test_no_half_of_a_stack_is_taken_for_a_whole_one(tmp_path: Path) -> None:
    whole = (FIXTURES / "rules_are_described" / "passes.tf.json").read_text()
    assert json.loads(whole)
    path = tmp_path / "cdk.tf.json"
    for length in range(0, len(whole.rstrip()) - 1, 97):
        path.write_text(whole[:length])
        with pytest.raises(UnreadableStackError):
            read(path)
