"""Unsafe edits of the synthesised `dev`: each by hand, each with the finding it must meet.

The function's name is the edit; the decorator says which check refuses it on which construct.
"""

from __future__ import annotations

import base64
import email.mime.multipart
import email.mime.text
import gzip
from collections.abc import Callable
from typing import Any, NamedTuple

from dev_stack import Dev

PUBLIC_SUBNET = "microblogVPC/public-us-east-1a/subnet"
MANAGEMENT_SUBNET = "management/public-us-east-1d/subnet"
PRIVATE_SUBNET = "microblogVPC/private-us-east-1a/subnet"
PRIVATE_TABLE = "microblogVPC/private-us-east-1a/route-table"
PUBLIC_TABLE = "microblogVPC/public-route-table"
MANAGEMENT_TABLE = "management/public-route-table"
APP_GATEWAY = "microblogVPC/internet-gateway"
MANAGEMENT_GATEWAY = "management/internet-gateway"
NAT = "microblogVPC/nat-us-east-1a/nat-gateway"
OPERATORS = "security-groups/operators"
WORLD_HTTP = "security-groups/ingress/internet-to-web-tcp-80"
OPERATORS_SSH = "security-groups/ingress/operators-to-web-tcp-22"
JENKINS_UI = "security-groups/ingress/operators-to-jenkins-tcp-8080"
GRAFANA = "security-groups/ingress/operators-to-monitoring-tcp-3000"
PROMETHEUS = "security-groups/ingress/operators-to-monitoring-tcp-9090"
GUNICORN = "security-groups/ingress/web-to-app-tcp-5000"
METRICS = "security-groups/ingress/monitoring-to-app-tcp-9100"
APP_SSH = "security-groups/ingress/web-to-app-tcp-22"
APP_EGRESS = "security-groups/egress/app-to-internet-tcp-443"

# CKV_MB ids by subject, so that the edits below can be read.
PUBLIC_ADDRESS_OF_SUBNET = "CKV_MB_1"
WAY_TO_INTERNET_GATEWAY = "CKV_MB_2"
MISPLACED_INSTANCE = "CKV_MB_3"
PUBLIC_ADDRESS_OF_INSTANCE = "CKV_MB_4"
ADMINISTRATIVE_PORT = "CKV_MB_5"
PUBLIC_PORT = "CKV_MB_6"
WHOLE_RANGE = "CKV_MB_7"
UNDESCRIBED = "CKV_MB_8"
NOT_STANDALONE = "CKV_MB_9"
OPEN_DEFAULT_GROUP = "CKV_MB_10"
METADATA = "CKV_MB_11"
UNENCRYPTED = "CKV_MB_12"
MISPLACED_NAT = "CKV_MB_13"
PEERING_ROUTE = "CKV_MB_14"
OVERLAP = "CKV_MB_15"
FOREIGN_GATEWAY = "CKV_MB_16"
SECRET = "CKV_MB_17"
KEY_PAIR = "CKV_MB_18"
TIER = "CKV_MB_19"
TWO_TABLES = "CKV_MB_20"

PRIVATE_KEY = (
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"
    "-----END OPENSSH PRIVATE KEY-----\n"
)


class Unsafe(NamedTuple):
    edit: Callable[[Dev], None]
    check: str
    path: str


EDITS: list[Unsafe] = []


def unsafe(check: str, path: str) -> Callable[[Callable[[Dev], None]], Callable[[Dev], None]]:
    def register(edit: Callable[[Dev], None]) -> Callable[[Dev], None]:
        EDITS.append(Unsafe(edit, check, f"dev/{path}"))
        return edit

    return register


def from_cidr(rule: dict[str, Any], **source: Any) -> None:
    """Give a rule another source."""
    for key in ("cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"):
        rule.pop(key, None)
    rule.update(source)


def inline(port: int, cidr: str, **more: Any) -> dict[str, Any]:
    """An inline rule as cdktf writes it, with a null for everything not said."""
    return {
        "cidr_blocks": [cidr],
        "description": "by hand",
        "from_port": port,
        "ipv6_cidr_blocks": None,
        "prefix_list_ids": None,
        "protocol": "tcp",
        "security_groups": None,
        "self": None,
        "to_port": port,
        **more,
    }


def user_data(dev: Dev, host: str, text: str, *, packed: bool = False) -> None:
    """Append to a host's script as an author would, plain or gzipped."""
    data = text.encode()
    dev[f"{host}/instance"]["user_data_base64"] = base64.b64encode(
        gzip.compress(data) if packed else data
    ).decode()


# Private subnets


@unsafe(PUBLIC_ADDRESS_OF_SUBNET, PRIVATE_SUBNET)
def private_subnet_maps_public_addresses(dev: Dev) -> None:
    dev[PRIVATE_SUBNET]["map_public_ip_on_launch"] = True


@unsafe(PUBLIC_ADDRESS_OF_SUBNET, PRIVATE_SUBNET)
def private_subnet_maps_public_addresses_by_a_word(dev: Dev) -> None:
    dev[PRIVATE_SUBNET]["map_public_ip_on_launch"] = "true"


@unsafe(PUBLIC_ADDRESS_OF_SUBNET, PRIVATE_SUBNET)
def private_subnet_assigns_ipv6(dev: Dev) -> None:
    dev[PRIVATE_SUBNET]["assign_ipv6_address_on_creation"] = True


@unsafe(WAY_TO_INTERNET_GATEWAY, PRIVATE_SUBNET)
def private_default_route_leads_to_the_internet_gateway(dev: Dev) -> None:
    route = dev["microblogVPC/private-us-east-1a/default-route"]
    del route["nat_gateway_id"]
    route["gateway_id"] = dev.ref(APP_GATEWAY)


@unsafe(WAY_TO_INTERNET_GATEWAY, PRIVATE_SUBNET)
def private_table_routes_one_host_to_the_internet_gateway(dev: Dev) -> None:
    dev.add(
        "aws_route",
        "shortcut",
        route_table_id=dev.ref(PRIVATE_TABLE),
        destination_cidr_block="198.51.100.7/32",
        gateway_id=dev.ref(APP_GATEWAY),
    )


@unsafe(WAY_TO_INTERNET_GATEWAY, PRIVATE_SUBNET)
def private_table_routes_ipv6_to_the_internet_gateway(dev: Dev) -> None:
    dev.add(
        "aws_route",
        "ipv6",
        route_table_id=dev.ref(PRIVATE_TABLE),
        destination_ipv6_cidr_block="::/0",
        gateway_id=dev.ref(APP_GATEWAY),
    )


@unsafe(WAY_TO_INTERNET_GATEWAY, PRIVATE_SUBNET)
def private_table_holds_an_inline_route_to_the_internet_gateway(dev: Dev) -> None:
    dev[PRIVATE_TABLE]["route"] = [
        {"cidr_block": "0.0.0.0/0", "gateway_id": dev.ref(APP_GATEWAY), "nat_gateway_id": None}
    ]


@unsafe(WAY_TO_INTERNET_GATEWAY, PRIVATE_SUBNET)
def private_subnet_is_associated_with_the_public_table(dev: Dev) -> None:
    association = dev["microblogVPC/private-us-east-1a/route-table-association"]
    association["route_table_id"] = dev.ref(PUBLIC_TABLE)


@unsafe(WAY_TO_INTERNET_GATEWAY, PRIVATE_SUBNET)
def private_subnet_falls_back_to_a_main_table_with_a_way_out(dev: Dev) -> None:
    dev.remove("microblogVPC/private-us-east-1a/route-table-association")
    dev.add(
        "aws_route",
        "main",
        route_table_id=dev.ref("microblogVPC/vpc", "main_route_table_id"),
        destination_cidr_block="0.0.0.0/0",
        gateway_id=dev.ref(APP_GATEWAY),
    )


@unsafe(WAY_TO_INTERNET_GATEWAY, PRIVATE_SUBNET)
def public_table_becomes_the_main_one_under_the_private_subnet(dev: Dev) -> None:
    dev.remove("microblogVPC/private-us-east-1a/route-table-association")
    dev.add(
        "aws_main_route_table_association",
        "main",
        vpc_id=dev.ref("microblogVPC/vpc"),
        route_table_id=dev.ref(PUBLIC_TABLE),
    )


@unsafe(WAY_TO_INTERNET_GATEWAY, PRIVATE_SUBNET)
def private_subnet_uses_a_table_nobody_can_see(dev: Dev) -> None:
    association = dev["microblogVPC/private-us-east-1a/route-table-association"]
    association["route_table_id"] = "rtb-0123456789abcdef0"


@unsafe(WAY_TO_INTERNET_GATEWAY, PRIVATE_SUBNET)
def private_table_routes_to_an_internet_gateway_by_its_id(dev: Dev) -> None:
    route = dev["microblogVPC/private-us-east-1a/default-route"]
    del route["nat_gateway_id"]
    route["gateway_id"] = "igw-0123456789abcdef0"


@unsafe(WAY_TO_INTERNET_GATEWAY, PRIVATE_SUBNET)
def private_default_route_leads_to_a_machine_in_the_public_subnet(dev: Dev) -> None:
    route = dev["microblogVPC/private-us-east-1a/default-route"]
    del route["nat_gateway_id"]
    route["network_interface_id"] = dev.ref("web/instance", "primary_network_interface_id")


@unsafe(WAY_TO_INTERNET_GATEWAY, PRIVATE_SUBNET)
def private_subnet_is_associated_with_the_public_table_too(dev: Dev) -> None:
    dev.copy(
        "microblogVPC/private-us-east-1a/route-table-association",
        "zzz",
        route_table_id=dev.ref(PUBLIC_TABLE),
    )


@unsafe(WAY_TO_INTERNET_GATEWAY, PRIVATE_SUBNET)
def private_subnet_is_associated_with_the_public_table_before(dev: Dev) -> None:
    first = dev["microblogVPC/private-us-east-1a/route-table-association"]
    dev.copy("microblogVPC/private-us-east-1a/route-table-association", "zzz")
    first["route_table_id"] = dev.ref(PUBLIC_TABLE)


@unsafe(TWO_TABLES, MANAGEMENT_SUBNET)
def management_is_associated_with_a_table_of_its_own_too(dev: Dev) -> None:
    dev.add("aws_route_table", "table", vpc_id=dev.ref("management/vpc"))
    dev.add(
        "aws_route_table_association",
        "second",
        subnet_id=dev.ref(MANAGEMENT_SUBNET),
        route_table_id=dev.ref("added/table"),
    )


# Private instances


@unsafe(MISPLACED_INSTANCE, "app/instance")
def application_moves_to_the_public_subnet(dev: Dev) -> None:
    dev["app/instance"]["subnet_id"] = dev.ref(PUBLIC_SUBNET)


@unsafe(MISPLACED_INSTANCE, "app/instance")
def application_moves_to_the_public_subnet_and_says_so(dev: Dev) -> None:
    dev["app/instance"]["subnet_id"] = dev.ref(PUBLIC_SUBNET)
    dev["app/instance"]["tags"]["Tier"] = "public"


@unsafe(MISPLACED_INSTANCE, "app/instance")
def application_moves_to_an_unknown_subnet(dev: Dev) -> None:
    dev["app/instance"]["subnet_id"] = "subnet-0123456789abcdef0"


@unsafe(MISPLACED_INSTANCE, "app/instance")
def application_gets_a_second_interface_in_the_public_subnet(dev: Dev) -> None:
    dev.add("aws_network_interface", "second", subnet_id=dev.ref(PUBLIC_SUBNET))
    dev.add(
        "aws_network_interface_attachment",
        "attachment",
        instance_id=dev.ref("app/instance"),
        network_interface_id=dev.ref("added/second"),
        device_index=1,
    )


@unsafe(PUBLIC_ADDRESS_OF_INSTANCE, "app/instance")
def application_asks_for_a_public_address(dev: Dev) -> None:
    dev["app/instance"]["associate_public_ip_address"] = True


@unsafe(PUBLIC_ADDRESS_OF_INSTANCE, "app/instance")
def application_gets_an_elastic_ip(dev: Dev) -> None:
    dev.add("aws_eip", "app", domain="vpc", instance=dev.ref("app/instance"))


@unsafe(PUBLIC_ADDRESS_OF_INSTANCE, "app/instance")
def application_gets_an_elastic_ip_by_association(dev: Dev) -> None:
    dev.add("aws_eip", "spare", domain="vpc")
    dev.add(
        "aws_eip_association",
        "spare",
        allocation_id=dev.ref("added/spare"),
        instance_id=dev.ref("app/instance"),
    )


@unsafe(PUBLIC_ADDRESS_OF_INSTANCE, "app/instance")
def application_gets_an_elastic_ip_by_its_network_interface(dev: Dev) -> None:
    dev.add(
        "aws_eip",
        "interface",
        domain="vpc",
        network_interface=dev.ref("app/instance", "primary_network_interface_id"),
    )


@unsafe(PUBLIC_ADDRESS_OF_INSTANCE, "app/instance")
def application_gets_an_elastic_ip_on_a_second_interface(dev: Dev) -> None:
    dev.add(
        "aws_network_interface",
        "second",
        subnet_id=dev.ref(PUBLIC_SUBNET),
        attachment=[{"instance": dev.ref("app/instance"), "device_index": 1}],
    )
    dev.add("aws_eip", "second", domain="vpc", network_interface=dev.ref("added/second"))


@unsafe(PUBLIC_ADDRESS_OF_INSTANCE, "app/instance")
def application_gets_an_ipv6_address(dev: Dev) -> None:
    dev["app/instance"]["ipv6_address_count"] = 1


@unsafe(TIER, "app/instance")
def application_loses_its_tier(dev: Dev) -> None:
    del dev["app/instance"]["tags"]["Tier"]


@unsafe(TIER, PRIVATE_SUBNET)
def private_subnet_loses_its_tier(dev: Dev) -> None:
    del dev[PRIVATE_SUBNET]["tags"]["Tier"]


@unsafe(TIER, "web/instance")
def web_server_claims_to_be_private(dev: Dev) -> None:
    dev["web/instance"]["tags"]["Tier"] = "private"


@unsafe(TIER, "app/instance")
def application_takes_another_role_and_moves_to_the_public_subnet(dev: Dev) -> None:
    dev["app/instance"]["tags"].update(Role="api", Tier="public")
    dev["app/instance"]["subnet_id"] = dev.ref(PUBLIC_SUBNET)


@unsafe(TIER, "app/instance")
def application_states_no_role(dev: Dev) -> None:
    del dev["app/instance"]["tags"]["Role"]


# Ports open to the world


@unsafe(ADMINISTRATIVE_PORT, OPERATORS_SSH)
def ssh_opens_to_the_world(dev: Dev) -> None:
    from_cidr(dev[OPERATORS_SSH], cidr_ipv4="0.0.0.0/0")


@unsafe(ADMINISTRATIVE_PORT, APP_SSH)
def ssh_of_the_application_opens_to_ipv6(dev: Dev) -> None:
    from_cidr(dev[APP_SSH], cidr_ipv6="::/0")


@unsafe(ADMINISTRATIVE_PORT, JENKINS_UI)
def jenkins_opens_to_the_world(dev: Dev) -> None:
    from_cidr(dev[JENKINS_UI], cidr_ipv4="0.0.0.0/0")


@unsafe(ADMINISTRATIVE_PORT, GRAFANA)
def grafana_opens_to_the_world(dev: Dev) -> None:
    from_cidr(dev[GRAFANA], cidr_ipv4="0.0.0.0/0")


@unsafe(ADMINISTRATIVE_PORT, PROMETHEUS)
def prometheus_opens_to_half_of_the_world(dev: Dev) -> None:
    from_cidr(dev[PROMETHEUS], cidr_ipv4="128.0.0.0/1")


@unsafe(ADMINISTRATIVE_PORT, GUNICORN)
def gunicorn_opens_to_all_of_ipv6(dev: Dev) -> None:
    from_cidr(dev[GUNICORN], cidr_ipv6="2000::/3")


@unsafe(ADMINISTRATIVE_PORT, METRICS)
def metrics_open_to_a_quarter_of_the_world(dev: Dev) -> None:
    from_cidr(dev[METRICS], cidr_ipv4="64.0.0.0/2")


@unsafe(ADMINISTRATIVE_PORT, "added/upper")
def ssh_opens_to_the_world_in_two_halves(dev: Dev) -> None:
    dev.copy(OPERATORS_SSH, "lower", prefix_list_id=None, cidr_ipv4="0.0.0.0/1")
    dev.copy(OPERATORS_SSH, "upper", prefix_list_id=None, cidr_ipv4="128.0.0.0/1")


@unsafe(ADMINISTRATIVE_PORT, "added/piece-40")
def ssh_opens_to_the_world_in_many_small_pieces(dev: Dev) -> None:
    for piece in range(20, 100):
        dev.copy(OPERATORS_SSH, f"piece-{piece}", prefix_list_id=None, cidr_ipv4=f"{piece}.0.0.0/9")


@unsafe(ADMINISTRATIVE_PORT, "added/range")
def a_range_of_ports_covers_ssh(dev: Dev) -> None:
    dev.copy(WORLD_HTTP, "range", from_port=20, to_port=30)


@unsafe(ADMINISTRATIVE_PORT, "added/lower")
def half_of_the_world_by_range_and_half_by_port(dev: Dev) -> None:
    dev.copy(WORLD_HTTP, "lower", from_port=1, to_port=1000, cidr_ipv4="0.0.0.0/1")
    dev.copy(WORLD_HTTP, "upper", from_port=22, to_port=22, cidr_ipv4="128.0.0.0/1")


@unsafe(ADMINISTRATIVE_PORT, OPERATORS_SSH)
def ssh_opens_by_the_number_of_its_protocol(dev: Dev) -> None:
    from_cidr(dev[OPERATORS_SSH], cidr_ipv4="0.0.0.0/0")
    dev[OPERATORS_SSH]["ip_protocol"] = "6"


@unsafe(ADMINISTRATIVE_PORT, OPERATORS_SSH)
def the_operators_become_the_world(dev: Dev) -> None:
    dev[OPERATORS]["entry"] = [{"cidr": "0.0.0.0/0", "description": "operators"}]


@unsafe(ADMINISTRATIVE_PORT, GRAFANA)
def the_operators_become_the_world_in_halves(dev: Dev) -> None:
    dev[OPERATORS]["entry"] = [
        {"cidr": "0.0.0.0/1", "description": "operators"},
        {"cidr": "128.0.0.0/1", "description": "operators"},
    ]


@unsafe(ADMINISTRATIVE_PORT, JENKINS_UI)
def the_world_joins_the_operators_by_an_entry_of_its_own(dev: Dev) -> None:
    dev.add(
        "aws_ec2_managed_prefix_list_entry",
        "everyone",
        prefix_list_id=dev.ref(OPERATORS),
        cidr="0.0.0.0/0",
    )


@unsafe(ADMINISTRATIVE_PORT, OPERATORS_SSH)
def ssh_opens_to_a_prefix_list_nobody_can_see(dev: Dev) -> None:
    from_cidr(dev[OPERATORS_SSH], prefix_list_id="pl-0123456789abcdef0")


@unsafe(ADMINISTRATIVE_PORT, OPERATORS_SSH)
def ssh_opens_to_a_variable(dev: Dev) -> None:
    from_cidr(dev[OPERATORS_SSH], cidr_ipv4="${var.anywhere}")


@unsafe(ADMINISTRATIVE_PORT, "security-groups/web")
def inline_rule_opens_ssh_with_null_prefix_lists(dev: Dev) -> None:
    dev["security-groups/web"]["ingress"] = [inline(22, "0.0.0.0/0")]


@unsafe(ADMINISTRATIVE_PORT, "added/legacy")
def legacy_rule_opens_jenkins(dev: Dev) -> None:
    dev.add(
        "aws_security_group_rule",
        "legacy",
        type="ingress",
        security_group_id=dev.ref("security-groups/jenkins"),
        description="by hand",
        protocol="tcp",
        from_port=8080,
        to_port=8080,
        cidr_blocks=["0.0.0.0/0"],
    )


@unsafe(PUBLIC_PORT, "added/https")
def the_application_opens_https_to_the_world(dev: Dev) -> None:
    dev.copy(GUNICORN, "https", from_port=443, to_port=443, cidr_ipv4="0.0.0.0/0")
    del dev["added/https"]["referenced_security_group_id"]


@unsafe(PUBLIC_PORT, "security-groups/ingress/operators-to-jenkins-tcp-80")
def jenkins_opens_http_to_the_world(dev: Dev) -> None:
    from_cidr(dev["security-groups/ingress/operators-to-jenkins-tcp-80"], cidr_ipv4="0.0.0.0/0")


@unsafe(PUBLIC_PORT, WORLD_HTTP)
def the_application_carries_the_web_servers_group(dev: Dev) -> None:
    dev["app/instance"]["vpc_security_group_ids"].append(dev.ref("security-groups/web"))


@unsafe(PUBLIC_PORT, "added/database")
def a_database_port_opens_on_the_web_server(dev: Dev) -> None:
    dev.copy(WORLD_HTTP, "database", from_port=5432, to_port=5432)


@unsafe(PUBLIC_PORT, "added/quic")
def udp_opens_on_the_web_server(dev: Dev) -> None:
    dev.copy(WORLD_HTTP, "quic", ip_protocol="udp", from_port=443, to_port=443)


@unsafe(PUBLIC_PORT, "added/ping")
def ping_opens_on_the_web_server(dev: Dev) -> None:
    dev.copy(WORLD_HTTP, "ping", ip_protocol="icmp", from_port=-1, to_port=-1)


@unsafe(PUBLIC_PORT, WORLD_HTTP)
def the_public_port_becomes_a_range(dev: Dev) -> None:
    dev[WORLD_HTTP]["to_port"] = 443


@unsafe(PUBLIC_PORT, WORLD_HTTP)
def the_web_server_takes_another_role(dev: Dev) -> None:
    dev["web/instance"]["tags"]["Role"] = "database"


# Whole ranges


@unsafe(WHOLE_RANGE, APP_EGRESS)
def egress_opens_to_all_protocols(dev: Dev) -> None:
    for key in ("from_port", "to_port"):
        del dev[APP_EGRESS][key]
    dev[APP_EGRESS]["ip_protocol"] = "-1"


@unsafe(WHOLE_RANGE, GUNICORN)
def the_web_server_reaches_all_of_the_application(dev: Dev) -> None:
    dev[GUNICORN].update(ip_protocol="-1", from_port=None, to_port=None)


@unsafe(WHOLE_RANGE, APP_EGRESS)
def egress_opens_to_all_tcp_ports(dev: Dev) -> None:
    dev[APP_EGRESS].update(from_port=0, to_port=65535)


@unsafe(WHOLE_RANGE, APP_EGRESS)
def egress_opens_to_all_unprivileged_ports(dev: Dev) -> None:
    dev[APP_EGRESS].update(from_port=1024, to_port=65535)


@unsafe(WHOLE_RANGE, "added/upper")
def all_ports_open_in_two_rules(dev: Dev) -> None:
    dev.copy(GUNICORN, "lower", from_port=1, to_port=32767)
    dev.copy(GUNICORN, "upper", from_port=32768, to_port=65535)


@unsafe(WHOLE_RANGE, METRICS)
def all_udp_ports_open_by_number(dev: Dev) -> None:
    dev[METRICS].update(ip_protocol="17", from_port=0, to_port=65535)


# How rules are written


@unsafe(UNDESCRIBED, GUNICORN)
def a_rule_loses_its_description(dev: Dev) -> None:
    del dev[GUNICORN]["description"]


@unsafe(UNDESCRIBED, APP_EGRESS)
def a_rules_description_becomes_blank(dev: Dev) -> None:
    dev[APP_EGRESS]["description"] = "  "


@unsafe(UNDESCRIBED, APP_EGRESS)
def a_rules_description_becomes_a_full_stop(dev: Dev) -> None:
    dev[APP_EGRESS]["description"] = "."


@unsafe(UNDESCRIBED, GUNICORN)
def a_rules_description_becomes_a_number(dev: Dev) -> None:
    dev[GUNICORN]["description"] = "5000 -> 1"


@unsafe(UNDESCRIBED, "security-groups/app")
def a_group_loses_its_description(dev: Dev) -> None:
    del dev["security-groups/app"]["description"]


@unsafe(NOT_STANDALONE, "security-groups/app")
def a_group_gets_an_inline_rule(dev: Dev) -> None:
    dev["security-groups/app"]["ingress"] = [inline(5000, "10.0.1.0/24")]


@unsafe(NOT_STANDALONE, "security-groups/app")
def a_group_gets_an_all_null_inline_rule(dev: Dev) -> None:
    dev["security-groups/app"]["egress"] = [dict.fromkeys(inline(1, ""))]


@unsafe(NOT_STANDALONE, "added/legacy")
def a_legacy_rule_joins_the_standalone_ones(dev: Dev) -> None:
    dev.add(
        "aws_security_group_rule",
        "legacy",
        type="egress",
        security_group_id=dev.ref("security-groups/app"),
        description="by hand",
        protocol="tcp",
        from_port=443,
        to_port=443,
        cidr_blocks=["10.0.0.0/18"],
    )


@unsafe(OPEN_DEFAULT_GROUP, "microblogVPC/vpc")
def the_default_group_is_left_as_aws_makes_it(dev: Dev) -> None:
    dev.remove("microblogVPC/default-security-group")


@unsafe(OPEN_DEFAULT_GROUP, "management/default-security-group")
def the_default_group_gets_an_inline_rule(dev: Dev) -> None:
    dev["management/default-security-group"]["ingress"] = [inline(443, "10.0.0.0/18")]


@unsafe(OPEN_DEFAULT_GROUP, "added/default")
def the_default_group_gets_a_standalone_rule(dev: Dev) -> None:
    group = dev.ref("microblogVPC/default-security-group")
    dev.copy(GUNICORN, "default", security_group_id=group)


@unsafe(OPEN_DEFAULT_GROUP, "added/default")
def the_default_group_gets_a_rule_by_the_vpcs_attribute(dev: Dev) -> None:
    group = dev.ref("microblogVPC/vpc", "default_security_group_id")
    dev.copy(GUNICORN, "default", security_group_id=group)


# Hosts


@unsafe(METADATA, "jenkins/instance")
def metadata_needs_no_token(dev: Dev) -> None:
    dev["jenkins/instance"]["metadata_options"]["http_tokens"] = "optional"


@unsafe(METADATA, "web/instance")
def metadata_options_are_left_out(dev: Dev) -> None:
    del dev["web/instance"]["metadata_options"]


@unsafe(METADATA, "web/instance")
def metadata_answers_far_beyond_the_host(dev: Dev) -> None:
    dev["web/instance"]["metadata_options"]["http_put_response_hop_limit"] = 64


@unsafe(METADATA, "added/template")
def a_launch_template_forgets_the_token(dev: Dev) -> None:
    dev.add("aws_launch_template", "template", image_id="ami-0")


@unsafe(UNENCRYPTED, "app/instance")
def the_root_disk_is_in_the_clear(dev: Dev) -> None:
    dev["app/instance"]["root_block_device"]["encrypted"] = False


@unsafe(UNENCRYPTED, "monitoring/instance")
def the_root_disk_is_not_described(dev: Dev) -> None:
    del dev["monitoring/instance"]["root_block_device"]


@unsafe(UNENCRYPTED, "jenkins/instance")
def a_second_disk_is_in_the_clear(dev: Dev) -> None:
    dev["jenkins/instance"]["ebs_block_device"] = [{"device_name": "/dev/sdf", "volume_size": 8}]


@unsafe(UNENCRYPTED, "added/data")
def a_volume_is_in_the_clear(dev: Dev) -> None:
    dev.add("aws_ebs_volume", "data", availability_zone="us-east-1a", size=8)


@unsafe(KEY_PAIR, "web/instance")
def a_host_gets_a_key_pair(dev: Dev) -> None:
    dev["web/instance"]["key_name"] = "laptop"


@unsafe(KEY_PAIR, "added/laptop")
def a_key_pair_is_uploaded(dev: Dev) -> None:
    dev.add("aws_key_pair", "laptop", key_name="laptop", public_key="ssh-ed25519 AAAA")


# Gateways, routes and peering


@unsafe(MISPLACED_NAT, NAT)
def the_nat_gateway_moves_to_the_private_subnet(dev: Dev) -> None:
    dev[NAT]["subnet_id"] = dev.ref(PRIVATE_SUBNET)


@unsafe(MISPLACED_NAT, NAT)
def the_nat_gateways_subnet_loses_its_way_out(dev: Dev) -> None:
    dev.remove("microblogVPC/public-default-route")


@unsafe(PEERING_ROUTE, "peering/microblogVPC-public-to-management")
def a_peering_route_reaches_beyond_the_peer(dev: Dev) -> None:
    dev["peering/microblogVPC-public-to-management"]["destination_cidr_block"] = "172.31.0.0/16"


@unsafe(PEERING_ROUTE, "peering/management-public-to-microblogVPC")
def a_peering_route_takes_everything(dev: Dev) -> None:
    dev["peering/management-public-to-microblogVPC"]["destination_cidr_block"] = "0.0.0.0/0"


@unsafe(PEERING_ROUTE, "peering/management-public-to-microblogVPC")
def a_peering_route_leads_to_another_range(dev: Dev) -> None:
    dev["peering/management-public-to-microblogVPC"]["destination_cidr_block"] = "10.0.64.0/18"


@unsafe(PEERING_ROUTE, PRIVATE_TABLE)
def an_inline_peering_route_takes_everything(dev: Dev) -> None:
    connection = dev.ref("peering/connection")
    dev[PRIVATE_TABLE]["route"] = [
        {"cidr_block": "0.0.0.0/0", "vpc_peering_connection_id": connection}
    ]


@unsafe(OVERLAP, "peering/connection")
def the_peered_networks_overlap(dev: Dev) -> None:
    dev["management/vpc"]["cidr_block"] = "10.0.32.0/20"


@unsafe(OVERLAP, "peering/connection")
def a_second_range_overlaps_the_peer(dev: Dev) -> None:
    dev.add(
        "aws_vpc_ipv4_cidr_block_association",
        "second",
        vpc_id=dev.ref("management/vpc"),
        cidr_block="10.0.48.0/20",
    )


@unsafe(FOREIGN_GATEWAY, "management/public-default-route")
def a_route_leads_to_the_gateway_of_another_network(dev: Dev) -> None:
    dev["management/public-default-route"]["gateway_id"] = dev.ref(APP_GATEWAY)


@unsafe(FOREIGN_GATEWAY, "microblogVPC/public-default-route")
def a_route_leads_to_a_detached_gateway(dev: Dev) -> None:
    del dev[APP_GATEWAY]["vpc_id"]


@unsafe(FOREIGN_GATEWAY, "management/public-default-route")
def a_route_leads_to_the_nat_gateway_of_another_network(dev: Dev) -> None:
    route = dev["management/public-default-route"]
    del route["gateway_id"]
    route["nat_gateway_id"] = dev.ref(NAT)


# Secrets


@unsafe(SECRET, "jenkins/instance")
def a_private_key_travels_in_user_data(dev: Dev) -> None:
    user_data(dev, "jenkins", f"#!/bin/sh\ncat > ~/.ssh/id <<EOF\n{PRIVATE_KEY}EOF\n")


@unsafe(SECRET, "web/instance")
def a_private_key_travels_packed(dev: Dev) -> None:
    user_data(dev, "web", f"#!/bin/sh\ncat > key.pem <<EOF\n{PRIVATE_KEY}EOF\n", packed=True)


@unsafe(SECRET, "web/instance")
def a_private_key_travels_plain(dev: Dev) -> None:
    del dev["web/instance"]["user_data_base64"]
    dev["web/instance"]["user_data"] = f"#!/bin/sh\necho '{PRIVATE_KEY}' > key.pem\n"


@unsafe(SECRET, "app/instance")
def a_private_key_travels_in_base64_within_gzip(dev: Dev) -> None:
    inner = base64.encodebytes(PRIVATE_KEY.encode()).decode()
    user_data(dev, "app", f"#!/bin/sh\nbase64 -d > key <<EOF\n{inner}EOF\n", packed=True)


@unsafe(SECRET, "app/instance")
def an_access_key_travels_in_a_mime_part(dev: Dev) -> None:
    message = email.mime.multipart.MIMEMultipart()
    script = "#!/bin/sh\nexport AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n"
    message.attach(email.mime.text.MIMEText(script, "x-shellscript", "utf-8"))
    user_data(dev, "app", message.as_string())


@unsafe(SECRET, "app/instance")
def a_database_password_travels_in_its_url(dev: Dev) -> None:
    url = "postgresql://microblog:correct-horse@db.internal/microblog"
    user_data(dev, "app", f"#!/bin/sh\nDATABASE_URL='{url}'\n", packed=True)


@unsafe(SECRET, "jenkins/instance")
def an_administrators_password_is_written_down(dev: Dev) -> None:
    user_data(dev, "jenkins", "#!/bin/sh\nJENKINS_ADMIN_PASSWORD='correct-horse'\n")


@unsafe(SECRET, "jenkins/instance")
def a_token_is_written_down(dev: Dev) -> None:
    user_data(dev, "jenkins", "#!/bin/sh\nNVD_API_KEY=0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0\n")


@unsafe(SECRET, "app/instance")
def the_applications_secret_key_is_written_down(dev: Dev) -> None:
    user_data(dev, "app", '#!/bin/sh\nexport SECRET_KEY="you-will-never-guess"\n', packed=True)


@unsafe(SECRET, "app/instance")
def user_data_comes_from_a_file_nobody_can_see(dev: Dev) -> None:
    dev["app/instance"]["user_data_base64"] = '${filebase64("/home/somebody/setup.sh")}'


@unsafe(SECRET, "app/instance")
def user_data_brings_in_a_variable(dev: Dev) -> None:
    del dev["app/instance"]["user_data_base64"]
    dev["app/instance"]["user_data"] = "#!/bin/sh\nDATABASE_PASSWORD=${var.password}\n"


def interpolated(dev: Dev, template: str) -> None:
    del dev["app/instance"]["user_data_base64"]
    dev["app/instance"]["user_data"] = f"#!/bin/sh\ncat > /etc/x <<EOF\n{template}\nEOF\n"


@unsafe(SECRET, "app/instance")
def a_short_password_travels_in_base64(dev: Dev) -> None:
    user_data(dev, "app", "PASSWORD=hunter2x")


@unsafe(SECRET, "app/instance")
def a_password_travels_beside_comments_in_cyrillic(dev: Dev) -> None:
    user_data(dev, "app", "#!/bin/sh\n# Пароль базы данных приложения\nDB_PASSWORD=hunter22\n")


@unsafe(SECRET, "app/instance")
def a_password_travels_in_the_second_member_of_an_archive(dev: Dev) -> None:
    members = gzip.compress(b"#!/bin/sh\n") + gzip.compress(b"DB_PASSWORD=hunter22\n")
    dev["app/instance"]["user_data_base64"] = base64.b64encode(members).decode()


@unsafe(SECRET, "app/instance")
def user_data_is_a_program_nobody_can_read(dev: Dev) -> None:
    data = bytes(range(256))
    dev["app/instance"]["user_data_base64"] = base64.b64encode(data).decode()


@unsafe(SECRET, "app/instance")
def a_private_key_is_made_by_terraform(dev: Dev) -> None:
    interpolated(dev, "${tls_private_key.deploy.private_key_pem}")


@unsafe(SECRET, "app/instance")
def a_password_is_made_by_terraform(dev: Dev) -> None:
    interpolated(dev, "${random_password.db.result}")


@unsafe(SECRET, "app/instance")
def a_secret_is_read_by_terraform(dev: Dev) -> None:
    interpolated(dev, "${data.aws_ssm_parameter.db.value}")


@unsafe(SECRET, "app/instance")
def a_function_hides_a_password(dev: Dev) -> None:
    dev["app/instance"]["user_data_base64"] = '${base64gzip("PASSWORD=hunter2x")}'


@unsafe(SECRET, "app/instance")
def a_password_is_given_to_a_command(dev: Dev) -> None:
    user_data(dev, "app", "#!/bin/sh\nmysql -u root -phunter22secret\n", packed=True)
