"""Small networks to ask about: a VPC "v" with a public and a private subnet, to be changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reachability.model import Topology
from reachability.stack import Stack
from reachability.terraform import parse

ANYONE = {"cidr_ipv4": "0.0.0.0/0"}


def ref(type_: str, name: str, attribute: str = "id") -> str:
    return f"${{aws_{type_}.{name}.{attribute}}}"


class Net:
    """Terraform of a network, resource by resource; every `add` gives the reference to its id."""

    def __init__(self) -> None:
        self.resources: dict[str, dict[str, dict[str, Any]]] = {}
        self.data: dict[str, dict[str, dict[str, Any]]] = {}

    def add(self, type_: str, name: str, /, **values: Any) -> str:
        path = {"//": {"metadata": {"path": f"net/{name}"}}}
        self.resources.setdefault(f"aws_{type_}", {})[name] = {**path, **values}
        return ref(type_, name)

    def change(self, type_: str, name: str, **values: Any) -> None:
        self.resources[f"aws_{type_}"][name].update(values)

    def remove(self, type_: str, name: str) -> None:
        del self.resources[f"aws_{type_}"][name]

    def vpc(self, name: str, cidr: str, **values: Any) -> None:
        self.add("vpc", name, cidr_block=cidr, **values)

    def subnet(self, name: str, vpc: str, cidr: str, **values: Any) -> None:
        """A subnet with a route table of its own, of the same name."""
        self.add("subnet", name, vpc_id=ref("vpc", vpc), cidr_block=cidr, **values)
        self.add("route_table", name, vpc_id=ref("vpc", vpc))
        self.add(
            "route_table_association",
            name,
            subnet_id=ref("subnet", name),
            route_table_id=ref("route_table", name),
        )

    def route(self, subnet: str, to: str, name: str = "", **target: Any) -> None:
        key = "destination_ipv6_cidr_block" if ":" in to else "destination_cidr_block"
        values = {"route_table_id": ref("route_table", subnet), key: to, **target}
        self.add("route", name or f"{subnet}-{len(self.resources.get('aws_route', {}))}", **values)

    def internet_gateway(self, vpc: str, *subnets: str) -> None:
        gateway = self.add("internet_gateway", vpc, vpc_id=ref("vpc", vpc))
        for subnet in subnets:
            self.route(subnet, "0.0.0.0/0", f"{subnet}-out", gateway_id=gateway)

    def host(self, name: str, subnet: str, address: str, vpc: str = "v", **values: Any) -> None:
        """An instance with a security group of its own, of the same name; no rule yet."""
        self.add("security_group", name, vpc_id=ref("vpc", vpc))
        self.add(
            "instance",
            name,
            subnet_id=ref("subnet", subnet),
            private_ip=address,
            **{"vpc_security_group_ids": [ref("security_group", name)], **values},
        )

    def rule(self, direction: str, group: str, port: int | None = None, **peer: Any) -> str:
        """A rule of a group; all protocols without a port. Gives its name."""
        type_ = f"vpc_security_group_{direction}_rule"
        name = f"{group}-{len(self.resources.get(f'aws_{type_}', {}))}"
        ports = {"ip_protocol": "tcp", "from_port": port, "to_port": port}
        body = {"security_group_id": ref("security_group", group)}
        self.add(type_, name, **body, **(ports if port else {"ip_protocol": "-1"}), **peer)
        return name

    def lets(self, source: str, destination: str, port: int) -> None:
        """Rules by group reference on both sides."""
        here, there = ref("security_group", source), ref("security_group", destination)
        self.rule("egress", source, port, referenced_security_group_id=there)
        self.rule("ingress", destination, port, referenced_security_group_id=here)

    def peer(self, one: str, other: str, **values: Any) -> str:
        ends = {"vpc_id": ref("vpc", one), "peer_vpc_id": ref("vpc", other)}
        return self.add(
            "vpc_peering_connection", f"{one}-{other}", **ends, **{"auto_accept": True, **values}
        )

    def acl(self, name: str, subnet: str, *entries: tuple[str, int, str, str, int, int]) -> None:
        """Entries are (direction, number, action, CIDR, first port, last port), TCP."""
        acl = self.add("network_acl", name, subnet_ids=[ref("subnet", subnet)])
        for direction, number, action, cidr, first, last in entries:
            self.add(
                "network_acl_rule",
                f"{name}-{direction}-{number}",
                network_acl_id=acl,
                egress=direction == "egress",
                rule_number=number,
                rule_action=action,
                protocol="tcp",
                cidr_block=cidr,
                from_port=first,
                to_port=last,
            )

    def stack(self) -> Stack:
        return parse({"resource": self.resources, "data": self.data}, Path("net/cdk.tf.json"))

    def topology(self) -> Topology:
        return Topology.of(self.stack())


def site() -> Net:
    """VPC "v" with hosts web (public subnet) and app (private subnet, NAT), both letting all out;
    web answers anyone on 80, app answers web on 5000. VPC "m" with host ops, peered, answers none.
    """
    net = Net()
    net.vpc("v", "10.0.0.0/16")
    net.subnet("public", "v", "10.0.1.0/24", map_public_ip_on_launch=True)
    net.subnet("private", "v", "10.0.2.0/24")
    net.internet_gateway("v", "public")
    net.add("eip", "nat", domain="vpc")
    nat = net.add(
        "nat_gateway", "nat", subnet_id=ref("subnet", "public"), allocation_id=ref("eip", "nat")
    )
    net.route("private", "0.0.0.0/0", "private-out", nat_gateway_id=nat)
    net.host("web", "public", "10.0.1.10")
    net.host("app", "private", "10.0.2.10")
    net.rule("ingress", "web", 80, **ANYONE)
    net.rule("ingress", "app", 5000, referenced_security_group_id=ref("security_group", "web"))
    net.vpc("m", "172.31.0.0/16")
    net.subnet("ops", "m", "172.31.1.0/24")
    net.host("ops", "ops", "172.31.1.10", "m")
    peering = net.peer("m", "v")
    net.route("ops", "10.0.0.0/16", "ops-to-v", vpc_peering_connection_id=peering)
    for subnet in ("public", "private"):
        net.route(subnet, "172.31.0.0/16", f"{subnet}-to-m", vpc_peering_connection_id=peering)
    for host in ("web", "app", "ops"):
        net.rule("egress", host, **ANYONE)
    return net
