"""Endpoints and rules in every way that Terraform lets people write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from small_networks import ANYONE, Net, ref, site

from reachability.model import Topology
from reachability.verdict import UnknownEndpointError, open_ports, reach

WEB_GROUP = ref("security_group", "web")
APP_GROUP = ref("security_group", "app")


def tcp(topology: Topology, source: str, destination: str) -> tuple[str, str]:
    """The open TCP ports, and those not known."""
    ports = open_ports(topology, source, destination)["tcp"]
    return str(ports.sure), str(ports.unknown)


def inline(**block: Any) -> Callable[[Net], None]:
    body = {"from_port": 7000, "to_port": 7000, "protocol": "tcp", **block}
    return lambda net: net.change("security_group", "app", ingress=[body])


def legacy(**block: Any) -> Callable[[Net], Any]:
    body = {"from_port": 7000, "to_port": 7000, "protocol": "tcp", "type": "ingress", **block}
    return lambda net: net.add("security_group_rule", "r", security_group_id=APP_GROUP, **body)


def host_rule(net: Net) -> None:
    net.rule("ingress", "app", 7000, cidr_ipv4="${aws_instance.web.private_ip}/32")


def prefix_list(net: Net) -> None:
    held = net.add("ec2_managed_prefix_list", "hosts", entry=[{"cidr": "10.0.1.10/32"}])
    net.rule("ingress", "app", 7000, prefix_list_id=held)


def prefix_list_entry(net: Net) -> None:
    held = net.add("ec2_managed_prefix_list", "hosts")
    net.add("ec2_managed_prefix_list_entry", "e", prefix_list_id=held, cidr="10.0.1.0/24")
    net.rule("ingress", "app", 7000, prefix_list_id=held)


WRITTEN = {
    "inline, by CIDR": inline(cidr_blocks=["10.0.1.0/24"]),
    "inline, by group": inline(security_groups=[WEB_GROUP]),
    "legacy, by CIDR": legacy(cidr_blocks=["10.0.0.0/8"]),
    "legacy, by group": legacy(source_security_group_id=WEB_GROUP),
    "legacy, by protocol number": legacy(source_security_group_id=WEB_GROUP, protocol="6"),
    "by the address of a host": host_rule,
    "by prefix list": prefix_list,
    "by prefix list with entries of its own": prefix_list_entry,
}


@pytest.mark.parametrize("way", WRITTEN)
def test_a_rule_opens_the_same_however_it_is_written(way: str) -> None:
    net = site()
    WRITTEN[way](net)
    assert tcp(net.topology(), "web", "app") == ("5000, 7000", "nothing")
    assert tcp(net.topology(), "ops", "app") == ("nothing", "nothing")


def test_a_group_that_names_itself_opens_among_its_members_only() -> None:
    net = site()
    net.host("app2", "private", "10.0.2.20", vpc_security_group_ids=[APP_GROUP])
    inline(self=True)(net)
    assert tcp(net.topology(), "app2", "app") == ("7000", "nothing")
    assert tcp(net.topology(), "web", "app") == ("5000", "nothing")


def test_a_prefix_list_of_another_stack_is_unknown() -> None:
    net = site()
    net.rule("ingress", "app", 7000, prefix_list_id="pl-0a1b")
    assert tcp(net.topology(), "web", "app") == ("5000", "7000")
    assert reach(net.topology(), "web", "app", 7000).state == "unknown"


def test_a_prefix_list_of_aws_itself_holds_no_private_address() -> None:
    """Amazon VPC User Guide, "AWS-managed prefix lists"."""
    net = site()
    net.data["aws_ec2_managed_prefix_list"] = {"s3": {"name": "com.amazonaws.us-east-1.s3"}}
    listed = "${data.aws_ec2_managed_prefix_list.s3.id}"
    net.rule("ingress", "app", 7000, prefix_list_id=listed)
    net.rule("ingress", "web", 7000, prefix_list_id=listed)
    assert tcp(net.topology(), "web", "app") == ("5000", "nothing")
    assert tcp(net.topology(), "internet", "web") == ("80", "7000")


def test_a_rule_of_unknown_ports_is_unknown_on_all_of_them() -> None:
    net = site()
    name = net.rule("ingress", "app", 7000, referenced_security_group_id=WEB_GROUP)
    net.change("vpc_security_group_ingress_rule", name, from_port="${var.port}")
    assert tcp(net.topology(), "web", "app") == ("5000", "0-4999, 5001-65535")


def test_a_private_address_not_known_yet_matters_only_where_rules_tell_it_apart() -> None:
    net = site()
    net.change("instance", "web", private_ip=None)
    assert tcp(net.topology(), "web", "app") == ("5000", "nothing")
    net.rule("ingress", "app", 7000, cidr_ipv4="10.0.1.0/24")
    assert tcp(net.topology(), "web", "app") == ("5000, 7000", "nothing")
    net.rule("ingress", "app", 7001, cidr_ipv4="10.0.1.10/32")
    assert tcp(net.topology(), "web", "app") == ("5000, 7000", "7001")
    verdict = reach(net.topology(), "web", "app", 7001)
    assert verdict.state == "unknown"
    assert verdict.reasons


def test_a_network_interface_of_its_own_is_where_the_instance_stands() -> None:
    net = site()
    net.add(
        "network_interface",
        "card",
        subnet_id=ref("subnet", "public"),
        private_ips=["10.0.1.30"],
        security_groups=[WEB_GROUP],
    )
    card = {"device_index": 0, "network_interface_id": ref("network_interface", "card")}
    net.add("instance", "carded", network_interface=[card])
    topology = net.topology()
    assert tcp(topology, "carded", "app") == ("5000", "nothing")
    assert tcp(topology, "internet", "carded") == ("nothing", "nothing")
    net.add("eip", "card", network_interface=ref("network_interface", "card"))
    assert tcp(net.topology(), "internet", "carded") == ("80", "nothing")


def balanced(**values: Any) -> Net:
    """A load balancer in the public subnet, open to the world on 443, that may talk to app."""
    net = site()
    group = net.add("security_group", "front", vpc_id=ref("vpc", "v"))
    net.add(
        "lb",
        "front",
        **{"subnets": [ref("subnet", "public")], "security_groups": [group], **values},
    )
    net.rule("ingress", "front", 443, **ANYONE)
    net.lets("front", "app", 8443)
    return net


def test_a_load_balancer_faces_the_internet_and_its_targets() -> None:
    topology = balanced().topology()
    assert tcp(topology, "internet", "front") == ("443", "nothing")
    assert tcp(topology, "front", "app") == ("8443", "nothing")


def test_an_internal_load_balancer_does_not_face_the_internet() -> None:
    topology = balanced(internal=True).topology()
    assert tcp(topology, "internet", "front") == ("nothing", "nothing")
    assert tcp(topology, "web", "front") == ("443", "nothing")


def test_whether_a_load_balancer_is_internal_may_not_be_known_yet() -> None:
    topology = balanced(internal="${var.internal}").topology()
    assert tcp(topology, "internet", "front") == ("nothing", "443")


def test_a_rule_for_a_hosts_private_address_does_not_hold_for_its_public_one() -> None:
    net = site()
    net.vpc("far", "10.9.0.0/16")
    net.subnet("far", "far", "10.9.1.0/24", map_public_ip_on_launch=True)
    net.internet_gateway("far", "far")
    net.host("far", "far", "10.9.1.10", "far")
    net.rule("ingress", "far", 22, cidr_ipv4=f"{ref('instance', 'web', 'private_ip')}/32")
    net.rule("ingress", "far", 443, cidr_ipv4=f"{ref('instance', 'web', 'public_ip')}/32")
    net.change("instance", "web", private_ip=None)
    assert tcp(net.topology(), "web", "far") == ("443", "nothing")


def test_a_load_balancer_with_one_node_that_cannot_answer_is_not_surely_open() -> None:
    subnets = [ref("subnet", "public"), ref("subnet", "private")]
    assert tcp(balanced(subnets=subnets).topology(), "internet", "front") == ("nothing", "443")


def test_a_network_load_balancer_without_groups_filters_nothing() -> None:
    """Elastic Load Balancing, "Update the security groups for your Network Load Balancer"."""
    topology = balanced(load_balancer_type="network", security_groups=None).topology()
    assert tcp(topology, "internet", "front") == ("0-65535", "nothing")


def test_a_database_stands_in_the_subnets_of_its_group() -> None:
    net = site()
    held = net.add("db_subnet_group", "data", name="data", subnet_ids=[ref("subnet", "private")])
    group = net.add("security_group", "data", vpc_id=ref("vpc", "v"))
    values = {"vpc_security_group_ids": [group], "publicly_accessible": False}
    net.add("db_instance", "data", db_subnet_group_name="data", **values)
    net.lets("app", "data", 5432)
    assert held
    topology = net.topology()
    assert tcp(topology, "app", "data") == ("5432", "nothing")
    assert tcp(topology, "web", "data") == ("nothing", "nothing")
    assert tcp(topology, "internet", "data") == ("nothing", "nothing")


def test_outside_to_outside_is_nobodys_business_here() -> None:
    verdict = reach(site().topology(), "internet", "198.51.100.7", 80)
    assert (verdict.state, len(verdict.reasons)) == ("closed", 1)


def test_a_name_that_is_two_endpoints_is_no_name_but_their_paths_are() -> None:
    net = balanced()
    net.host("front", "private", "10.0.2.40")
    topology = net.topology()
    assert {"aws_lb.front", "aws_instance.front"} <= topology.endpoints.keys()
    with pytest.raises(UnknownEndpointError, match="no endpoint is named 'front'"):
        reach(topology, "internet", "front", 443)


def test_an_unknown_protocol_is_refused() -> None:
    with pytest.raises(UnknownEndpointError, match="use tcp or udp"):
        reach(site().topology(), "web", "app", 5000, "sctp")
