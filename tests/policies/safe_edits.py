"""Safe edits of the synthesised `dev`: nothing may be refused for them."""

from __future__ import annotations

from collections.abc import Callable

from dev_stack import Dev
from unsafe_edits import (
    APP_EGRESS,
    GUNICORN,
    NAT,
    OPERATORS,
    OPERATORS_SSH,
    PRIVATE_SUBNET,
    PRIVATE_TABLE,
    PUBLIC_SUBNET,
    WORLD_HTTP,
    from_cidr,
    user_data,
)

EDITS: list[Callable[[Dev], None]] = []


def safe(edit: Callable[[Dev], None]) -> Callable[[Dev], None]:
    EDITS.append(edit)
    return edit


@safe
def nothing_changes(_: Dev) -> None:
    pass


@safe
def https_opens_beside_http(dev: Dev) -> None:
    dev.copy(WORLD_HTTP, "https", from_port=443, to_port=443)


@safe
def the_site_opens_to_ipv6(dev: Dev) -> None:
    dev.copy(WORLD_HTTP, "ipv6", cidr_ipv4=None, cidr_ipv6="::/0")


@safe
def the_operators_have_two_offices(dev: Dev) -> None:
    dev[OPERATORS]["entry"].append({"cidr": "198.51.100.0/24", "description": "second office"})
    dev[OPERATORS]["max_entries"] = 2


@safe
def ssh_comes_from_one_address(dev: Dev) -> None:
    from_cidr(dev[OPERATORS_SSH], cidr_ipv4="203.0.113.7/32")


@safe
def ssh_comes_from_a_private_range_of_any_size(dev: Dev) -> None:
    from_cidr(dev[OPERATORS_SSH], cidr_ipv4="10.0.0.0/8")


@safe
def ssh_comes_from_the_nat_gateways_address(dev: Dev) -> None:
    address = dev.ref("microblogVPC/nat-us-east-1a/eip", "public_ip")
    from_cidr(dev[OPERATORS_SSH], cidr_ipv4=f"{address}/32")


@safe
def gunicorn_answers_to_the_public_subnet(dev: Dev) -> None:
    from_cidr(dev[GUNICORN], cidr_ipv4="10.0.1.0/24")


@safe
def egress_to_the_world_on_another_port(dev: Dev) -> None:
    dev.copy(APP_EGRESS, "git", from_port=9418, to_port=9418)


@safe
def a_second_private_subnet(dev: Dev) -> None:
    dev.copy(PRIVATE_SUBNET, "second", cidr_block="10.0.3.0/24")
    dev.add(
        "aws_route_table_association",
        "second-association",
        subnet_id=dev.ref("added/second"),
        route_table_id=dev.ref(PRIVATE_TABLE),
    )


@safe
def the_private_subnet_has_an_egress_only_way_for_ipv6(dev: Dev) -> None:
    dev.add("aws_egress_only_internet_gateway", "out", vpc_id=dev.ref("microblogVPC/vpc"))
    dev.add(
        "aws_route",
        "ipv6",
        route_table_id=dev.ref(PRIVATE_TABLE),
        destination_ipv6_cidr_block="::/0",
        egress_only_gateway_id=dev.ref("added/out"),
    )


@safe
def the_private_subnet_reaches_nothing_outside(dev: Dev) -> None:
    dev.remove("microblogVPC/private-us-east-1a/default-route")


@safe
def the_private_subnet_uses_an_empty_main_table(dev: Dev) -> None:
    dev.remove("microblogVPC/private-us-east-1a/route-table-association")


@safe
def a_peering_route_leads_to_one_subnet_of_the_peer(dev: Dev) -> None:
    route = dev["peering/microblogVPC-public-to-management"]
    route["destination_cidr_block"] = "172.31.16.0/20"


@safe
def a_peering_route_refers_to_the_peers_range(dev: Dev) -> None:
    route = dev["peering/management-public-to-microblogVPC"]
    route["destination_cidr_block"] = dev.ref("microblogVPC/vpc", "cidr_block")


@safe
def containers_on_a_host_reach_the_metadata_service(dev: Dev) -> None:
    dev["jenkins/instance"]["metadata_options"]["http_put_response_hop_limit"] = 2


@safe
def an_encrypted_disk_is_added(dev: Dev) -> None:
    dev["jenkins/instance"]["ebs_block_device"] = [
        {"device_name": "/dev/sdf", "volume_size": 8, "encrypted": True}
    ]


@safe
def the_web_server_keeps_its_address(dev: Dev) -> None:
    dev.add("aws_eip", "web", domain="vpc", instance=dev.ref("web/instance"))


@safe
def a_second_nat_gateway(dev: Dev) -> None:
    dev.copy(NAT, "second", subnet_id=dev.ref(PUBLIC_SUBNET))


@safe
def the_host_makes_its_own_secrets(dev: Dev) -> None:
    user_data(
        dev,
        "app",
        "#!/bin/bash\n"
        "SECRET_KEY=$(head -c 32 /dev/urandom | base64)\n"
        "token=$(curl -fsS -X PUT http://169.254.169.254/latest/api/token)\n"
        'curl -H "X-aws-ec2-metadata-token: ${token}" http://169.254.169.254/latest/meta-data/\n'
        "JENKINS_ADMIN_PASSWORD_PARAMETER='/microblog/dev/jenkins/admin-password'\n"
        "echo 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 > checksum\n",
        packed=True,
    )


@safe
def hosts_authorise_a_public_key(dev: Dev) -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ6hJOfFZ0mGZQvWQ0Xn1Zw2lN5qN6pP8b3f2k1dTest ci"
    user_data(dev, "web", f"#!/bin/sh\necho '{key}' >> /home/deploy/.ssh/authorized_keys\n")


@safe
def a_host_is_told_the_address_of_another(dev: Dev) -> None:
    del dev["web/instance"]["user_data_base64"]
    address = dev.ref("app/instance", "private_ip")
    dev["web/instance"]["user_data"] = f"#!/bin/sh\nUPSTREAM='{address}:5000'\n"
