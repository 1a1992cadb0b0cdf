"""What AWS documents, as a table: an edit of a small network, a question, AWS's answer.

Each row names the AWS page it comes from. Without an edit: web answers the internet on 80, app
answers web on 5000, ops is peered and has no rule that lets anybody in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from small_networks import ANYONE, Net, ref, site

from reachability.left_out import left_out
from reachability.verdict import reach

EPHEMERAL = (1024, 65535)


class Row(NamedTuple):
    page: str
    edit: Callable[[Net], Any]
    question: tuple[str, str, int]
    answer: str
    because: str = ""


def both(*edits: Callable[[Net], Any]) -> Callable[[Net], Any]:
    return lambda net: [edit(net) for edit in edits]


def nothing(net: Net) -> None:
    pass


def acl(*entries: tuple[str, int, str, str, int, int]) -> Callable[[Net], None]:
    return lambda net: net.acl("acl", "private", *entries)


OPS_TO_APP = ("ops", "app", 9100)
APP_TO_OPS = ("app", "ops", 22)


def lets_ops(net: Net) -> None:
    net.lets("ops", "app", 9100)


def nat_instance(net: Net) -> None:
    """The private subnet goes out by an instance that forwards, not by the NAT gateway."""
    net.host("nat", "public", "10.0.1.20", source_dest_check=False)
    net.rule("ingress", "nat", cidr_ipv4="10.0.0.0/16")
    net.rule("egress", "nat", **ANYONE)
    net.remove("route", "private-out")
    interface = ref("instance", "nat", "primary_network_interface_id")
    net.route("private", "0.0.0.0/0", "private-out", network_interface_id=interface)


def app_by_nat(lets: str = "10.0.0.0/16") -> Callable[[Net], None]:
    """app has no route to ops but by its NAT gateway, whose subnet has; ops lets these in on 22."""

    def edit(net: Net) -> None:
        net.remove("route", "private-to-m")
        net.change("nat_gateway", "nat", private_ip="10.0.1.4")
        net.rule("ingress", "ops", 22, cidr_ipv4=lets)

    return edit


def third_vpc(net: Net) -> None:
    """VPC "x" is peered with "m" only, and routes to "v" over that peering."""
    net.vpc("x", "192.168.0.0/16")
    net.subnet("x", "x", "192.168.1.0/24")
    net.host("x", "x", "192.168.1.10", "x")
    net.rule("egress", "x", **ANYONE)
    peering = net.peer("x", "m")
    net.route("x", "0.0.0.0/0", vpc_peering_connection_id=peering)
    net.route("private", "192.168.0.0/16", vpc_peering_connection_id=ref(
        "vpc_peering_connection", "m-v"))  # fmt: skip
    net.rule("ingress", "app", 5000, **ANYONE)


def ipv6(net: Net) -> None:
    """Both subnets and hosts speak IPv6 as well; app lets anyone in over it on 443."""
    for index, (subnet, host) in enumerate((("public", "web"), ("private", "app"))):
        block = f"2600:1f18:0:{index + 1}::"
        net.change("subnet", subnet, ipv6_cidr_block=f"{block}/64")
        net.change("instance", host, ipv6_addresses=[f"{block}10"])
        net.rule("ingress", host, 443, cidr_ipv6="::/0")
        net.rule("egress", host, cidr_ipv6="::/0")


IPV6_RANGE = {"ipv6_cidr_block": "2600:1f18::/56"}


def ipv6_route(target: str) -> Callable[[Net], None]:
    def edit(net: Net) -> None:
        ipv6(net)
        if target == "egress-only":
            only = net.add("egress_only_internet_gateway", "e", vpc_id=ref("vpc", "v"))
            net.route("private", "::/0", egress_only_gateway_id=only)
        else:
            net.route("private", "::/0", gateway_id=ref("internet_gateway", "v"))

    return edit


ROWS = [
    # --- addresses and gateways
    Row("Enable internet access for a VPC using an internet gateway", nothing,
        ("internet", "web", 80), "open"),
    Row("Enable internet access for a VPC using an internet gateway",
        lambda net: net.change("subnet", "public", map_public_ip_on_launch=False),
        ("internet", "web", 80), "closed", "web has no public address"),
    Row("Enable internet access for a VPC using an internet gateway",
        lambda net: net.remove("route", "public-out"),
        ("internet", "web", 80), "closed", "no route from public to 0.0.0.0/0"),
    Row("Enable internet access for a VPC using an internet gateway",
        lambda net: net.change("internet_gateway", "v", vpc_id=None),
        ("internet", "web", 80), "closed", "is not attached to v"),
    Row("IP addressing for your VPCs and subnets",
        lambda net: net.change("instance", "web", associate_public_ip_address=False),
        ("internet", "web", 80), "closed", "web has no public address"),
    Row("IP addressing for your VPCs and subnets",
        both(lambda net: net.change("subnet", "public", map_public_ip_on_launch=False),
             lambda net: net.change("instance", "web", associate_public_ip_address=True)),
        ("internet", "web", 80), "open"),
    Row("Elastic IP addresses",
        both(lambda net: net.change("subnet", "public", map_public_ip_on_launch=False),
             lambda net: net.add("eip", "web", instance=ref("instance", "web"))),
        ("internet", "web", 80), "open"),
    Row("Elastic IP addresses",
        both(lambda net: net.add("eip", "app", instance=ref("instance", "app")),
             lambda net: net.rule("ingress", "app", 5000, **ANYONE)),
        ("internet", "app", 5000), "closed", "leads to NAT gateway nat"),
    Row("Subnets for your VPC: a subnet's own setting not known yet",
        lambda net: net.change("subnet", "public", map_public_ip_on_launch="${var.public}"),
        ("internet", "web", 80), "unknown", "known after apply"),
    # --- NAT
    Row("NAT gateways", nothing, ("app", "internet", 443), "open"),
    Row("NAT gateways", lambda net: net.rule("ingress", "app", 5000, **ANYONE),
        ("internet", "app", 5000), "closed", "app has no public address"),
    Row("NAT gateways", lambda net: net.remove("route", "public-out"),
        ("app", "internet", 443), "closed", "no route from public to 0.0.0.0/0"),
    Row("NAT gateways", lambda net: net.change("nat_gateway", "nat", connectivity_type="private"),
        ("app", "internet", 443), "closed", "nat has no public address"),
    Row("NAT gateways", lambda net: net.change("nat_gateway", "nat", allocation_id=None),
        ("app", "internet", 443), "closed", "nat has no public address"),
    Row("NAT instances", nat_instance, ("app", "internet", 443), "open"),
    Row("NAT instances",
        both(nat_instance, lambda net: net.change("instance", "nat", source_dest_check=True)),
        ("app", "internet", 443), "closed", "checks source and destination"),
    Row("NAT instances",
        both(nat_instance, lambda net: net.remove("vpc_security_group_ingress_rule", "nat-2")),
        ("app", "internet", 443), "closed", "the security group nat has no ingress rule"),
    # --- routes
    Row("Route tables (local route)",
        both(lambda net: net.remove("route", "public-out"),
             lambda net: net.remove("route", "private-out")),
        ("web", "app", 5000), "open"),
    Row("Route tables (route priority: longest prefix)",
        both(lets_ops, lambda net: net.route(
            "private", "172.31.1.0/24", nat_gateway_id=ref("nat_gateway", "nat"))),
        OPS_TO_APP, "closed", "no route from private back to m"),
    Row("Route tables (route priority: longest prefix)",
        both(lets_ops, lambda net: net.route(
            "private", "172.31.2.0/24", nat_gateway_id=ref("nat_gateway", "nat"))),
        OPS_TO_APP, "open"),
    Row("Subnet route tables (main route table)",
        both(lambda net: net.remove("route_table_association", "public"),
             lambda net: net.add("main_route_table_association", "v", vpc_id=ref("vpc", "v"),
                                 route_table_id=ref("route_table", "public"))),
        ("internet", "web", 80), "open"),
    Row("Subnet route tables (main route table)",
        lambda net: net.remove("route_table_association", "public"),
        ("internet", "web", 80), "closed", "no route from public"),
    Row("Middlebox appliances",
        both(nat_instance, lambda net: net.route(
            "public", "10.0.2.0/24", network_interface_id=ref(
                "instance", "nat", "primary_network_interface_id"))),
        ("web", "app", 5000), "unknown", "which may not pass them on"),
    Row("Transit gateways, not modelled",
        both(lambda net: net.remove("route", "ops-to-v"), lets_ops,
             lambda net: net.route("ops", "10.0.0.0/8", transit_gateway_id="tgw-1")),
        OPS_TO_APP, "unknown", "a transit gateway"),
    Row("NAT gateways (to other networks by a transit gateway, not modelled)",
        both(lambda net: net.remove("route", "private-to-m"),
             lambda net: net.remove("route", "public-to-m"),
             lambda net: net.rule("ingress", "ops", 22, **ANYONE),
             lambda net: net.route("public", "172.16.0.0/12", transit_gateway_id="tgw-1")),
        ("app", "ops", 22), "unknown", ""),
    Row("NAT gateways (to a peering: not documented)", app_by_nat(),
        APP_TO_OPS, "unknown", "whether a NAT gateway forwards there is not documented"),
    Row("NAT gateways (map the source to their own private address)", app_by_nat("10.0.2.10/32"),
        APP_TO_OPS, "closed", "the security group ops has no ingress rule for it from nat"),
    Row("NAT gateways (map the source to their own private address)", app_by_nat("10.0.1.4/32"),
        APP_TO_OPS, "unknown", "not documented"),
    Row("NAT gateways (a private address known after apply)",
        both(app_by_nat("10.0.1.9/32"),
             lambda net: net.change("nat_gateway", "nat", private_ip=None)),
        APP_TO_OPS, "unknown", "not documented"),
    Row("NAT gateways (to a peering, without a route back to their subnet)",
        both(app_by_nat(), lambda net: net.change("route", "ops-to-v",
                                                  destination_cidr_block="10.0.2.0/24")),
        APP_TO_OPS, "closed", "no route from ops back to v (nat)"),
    Row("NAT gateways (to a peering that is not accepted)",
        both(app_by_nat(),
             lambda net: net.change("vpc_peering_connection", "m-v", auto_accept=False)),
        APP_TO_OPS, "closed", "m-v is not accepted"),
    Row("NAT gateways (connections start behind them)", both(app_by_nat(), lets_ops),
        OPS_TO_APP, "closed", "no route from private back to m (ops)"),
    Row("Gateway route tables, not modelled",
        lambda net: net.add("route_table_association", "edge",
                            gateway_id=ref("internet_gateway", "v"),
                            route_table_id=ref("route_table", "private")),
        ("internet", "web", 80), "unknown", "route table of v itself is not modelled"),
    # --- security groups
    Row("Security group rules (stateful)", nothing, ("web", "app", 5000), "open"),
    Row("Security group rules", nothing, ("web", "app", 5001), "closed", "no ingress rule"),
    Row("Security group rules", nothing, ("app", "web", 5000), "closed", "no ingress rule"),
    Row("Security group rules (outbound)",
        lambda net: net.remove("vpc_security_group_egress_rule", "web-0"),
        ("web", "app", 5000), "closed", "the security group web has no egress rule"),
    Row("Security group rules (several groups add up)",
        both(lambda net: net.add("security_group", "more", vpc_id=ref("vpc", "v")),
             lambda net: net.rule("ingress", "more", 5001, cidr_ipv4="10.0.1.10/32"),
             lambda net: net.change("instance", "app", vpc_security_group_ids=[
                 ref("security_group", "app"), ref("security_group", "more")])),
        ("web", "app", 5001), "open"),
    Row("Security group referencing (not by public address)",
        both(lambda net: net.vpc("far", "10.9.0.0/16"),
             lambda net: net.subnet("far", "far", "10.9.1.0/24", map_public_ip_on_launch=True),
             lambda net: net.internet_gateway("far", "far"),
             lambda net: net.host("far", "far", "10.9.1.10", "far"),
             lambda net: net.rule("ingress", "far", 22,
                                  referenced_security_group_id=ref("security_group", "web"))),
        ("web", "far", 22), "closed", ""),
    Row("Default security groups for your VPCs",
        both(lambda net: net.change("instance", "web", vpc_security_group_ids=[]),
             lambda net: net.change("instance", "app", vpc_security_group_ids=[])),
        ("web", "app", 1234), "open"),
    Row("Default security groups for your VPCs",
        lambda net: net.change("instance", "app", vpc_security_group_ids=[]),
        ("web", "app", 1234), "closed", "no ingress rule"),
    Row("A security group of another stack",
        lambda net: net.change("instance", "app", vpc_security_group_ids=["sg-0a1b"]),
        ("web", "app", 5000), "unknown", "sg-0a1b"),
    # --- network ACLs
    Row("Network ACLs (a custom ACL denies until it allows)", acl(),
        ("web", "app", 5000), "closed", "does not let it in from web"),
    Row("Network ACLs (within a subnet they are not asked)",
        both(acl(), lambda net: net.host("db", "private", "10.0.2.20"),
             lambda net: net.lets("app", "db", 5432)),
        ("app", "db", 5432), "open"),
    Row("Network ACLs (stateless: answers need a rule)",
        acl(("ingress", 100, "allow", "0.0.0.0/0", 0, 65535)),
        ("web", "app", 5000), "closed", "does not let answers out to web"),
    Row("Network ACLs (ephemeral ports)",
        acl(("ingress", 100, "allow", "10.0.0.0/16", 5000, 5000),
            ("egress", 100, "allow", "10.0.0.0/16", *EPHEMERAL)),
        ("web", "app", 5000), "open"),
    Row("Network ACLs (ephemeral ports: which of them depends on the client)",
        acl(("ingress", 100, "allow", "10.0.0.0/16", 5000, 5000),
            ("egress", 100, "allow", "10.0.0.0/16", 49152, 65535)),
        ("web", "app", 5000), "unknown", "1024-49151"),
    Row("Network ACLs (the lowest number that matches decides)",
        acl(("ingress", 100, "deny", "10.0.1.0/24", 5000, 5000),
            ("ingress", 200, "allow", "0.0.0.0/0", 0, 65535),
            ("egress", 100, "allow", "0.0.0.0/0", 0, 65535)),
        ("web", "app", 5000), "closed", "does not let it in from web"),
    Row("Network ACLs (the lowest number that matches decides)",
        acl(("ingress", 200, "deny", "10.0.1.0/24", 5000, 5000),
            ("ingress", 100, "allow", "0.0.0.0/0", 0, 65535),
            ("egress", 100, "allow", "0.0.0.0/0", 0, 65535)),
        ("web", "app", 5000), "open"),
    Row("Default network ACL (managed without a rule it denies)",
        lambda net: net.add("default_network_acl", "v", default_network_acl_id=ref(
            "vpc", "v", "default_network_acl_id")),
        ("internet", "web", 80), "closed", "does not let it in from internet"),
    # --- peering
    Row("How VPC peering connections work", lets_ops, OPS_TO_APP, "open"),
    Row("How VPC peering connections work (not accepted)",
        both(lets_ops, lambda net: net.change(
            "vpc_peering_connection", "m-v", auto_accept=False)),
        OPS_TO_APP, "closed", "m-v is not accepted"),
    Row("How VPC peering connections work (accepted by the other side)",
        both(lets_ops,
             lambda net: net.change("vpc_peering_connection", "m-v", auto_accept=False),
             lambda net: net.add("vpc_peering_connection_accepter", "v", auto_accept=True,
                                 vpc_peering_connection_id=ref("vpc_peering_connection", "m-v"))),
        OPS_TO_APP, "open"),
    Row("Update your route tables for a VPC peering connection (return route)",
        both(lets_ops, lambda net: net.remove("route", "private-to-m")),
        OPS_TO_APP, "closed", "no route from private back to m (ops)"),
    Row("Update your route tables for a VPC peering connection",
        both(lets_ops, lambda net: net.remove("route", "ops-to-v")),
        OPS_TO_APP, "closed", "no route from ops to v (app)"),
    Row("VPC peering limitations (not transitive)", third_vpc,
        ("x", "app", 5000), "closed", "peering is not transitive"),
    Row("VPC peering limitations (no edge-to-edge routing)", third_vpc,
        ("x", "internet", 443), "closed", "no route from x to 0.0.0.0/0"),
    Row("Update your security groups to reference peer security groups (other region)",
        both(lets_ops, lambda net: net.change("vpc_peering_connection", "m-v",
                                              peer_region="eu-west-1", accept_status="active"),
             lambda net: net.change("subnet", "ops", availability_zone="us-east-1d")),
        OPS_TO_APP, "closed", "no ingress rule"),
    Row("VPC peering limitations (overlapping ranges)",
        both(lets_ops, lambda net: net.add("vpc_ipv4_cidr_block_association", "more",
                                           vpc_id=ref("vpc", "m"), cidr_block="10.0.64.0/18")),
        OPS_TO_APP, "closed", "overlapping"),
    # --- IPv6
    Row("IPv6 has no NAT: Enable outbound IPv6 traffic using an egress-only internet gateway",
        ipv6_route("egress-only"), ("internet", "app", 443), "closed", ""),
    Row("Enable outbound IPv6 traffic using an egress-only internet gateway",
        both(ipv6_route("egress-only"), lambda net: net.remove("route", "private-out")),
        ("app", "internet", 443), "open"),
    Row("IPv6: every address is public", ipv6_route("internet"),
        ("internet", "app", 443), "open"),
    Row("IPv6: a VPC's own range is not the internet",
        both(ipv6_route("internet"), lambda net: net.change("vpc", "v", **IPV6_RANGE),
             lambda net: net.change("vpc_security_group_ingress_rule", "app-3",
                                    cidr_ipv6=IPV6_RANGE["ipv6_cidr_block"])),
        ("internet", "app", 443), "closed", "no ingress rule for it from internet"),
    Row("IPv6: every address is public, where a route leads out", ipv6,
        ("internet", "app", 443), "closed", ""),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.page}: {' '.join(map(str, row[2]))}")
def test_aws_documents_it_so(row: Row) -> None:
    net = site()
    row.edit(net)
    verdict = reach(net.topology(), *row.question)
    assert (verdict.state, row.because in "; ".join(verdict.reasons)) == (row.answer, True), verdict
    assert bool(verdict.reasons) == (verdict.state != "open")


def test_what_is_no_endpoint_of_the_model_is_named() -> None:
    net = site()
    groups = {"security_group_ids": [ref("security_group", "app")]}
    net.add("lambda_function", "worker", vpc_config=[groups])
    net.add("lambda_function", "outside_of_any_vpc")
    assert [one.address for one in left_out(net.topology())] == ["aws_lambda_function.worker"]
