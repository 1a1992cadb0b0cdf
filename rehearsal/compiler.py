"""From Terraform to the network that a rehearsal builds. It reads what reachability reads, and
decides nothing with it: the kernel does, so that the two can be held against each other."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network
from typing import Any

from reachability.stack import Reference, Resource, Stack, Unknown
from rehearsal import clients
from rehearsal.network import (
    Direction,
    Entry,
    Host,
    Nat,
    Network,
    Peering,
    RehearsalError,
    Route,
    Rule,
    Service,
    Subnet,
    Vpc,
)

DIRECTIONS: tuple[Direction, ...] = ("ingress", "egress")
_TARGETS = ("gateway_id", "nat_gateway_id", "vpc_peering_connection_id", "network_interface_id")
_GATEWAYS = ("aws_internet_gateway", "aws_nat_gateway", "aws_vpc_peering_connection")


def network(stack: Stack, default_tags: Mapping[str, str] | None = None) -> Network:
    """The network of a stack; addresses that AWS would choose are chosen. Raises RehearsalError."""
    reader = _Reader(stack, dict(default_tags or {}))
    return reader.network()


def default_tags(document: Mapping[str, Any]) -> dict[str, str]:
    """The provider's tags for every resource; a plan has them in `tags_all` instead."""
    providers = document.get("provider", {}).get("aws", [{}])
    blocks = providers[0].get("default_tags") or [{}]
    return {key: str(value) for key, value in (blocks[0].get("tags") or {}).items()}


@dataclass
class _Reader:
    stack: Stack
    default_tags: Mapping[str, str]

    def network(self) -> Network:
        groups = {one.address: tuple(self._rules(one)) for one in self._groups}
        subnets = tuple(self._subnets())
        lists = {self._list_name(one): self._entries_of(one) for one in self._lists}
        mentioned = [cidr for rules in groups.values() for rule in rules for cidr in rule.cidrs] + [
            cidr for subnet in subnets for route in subnet.routes for cidr in route.cidrs
        ]
        mentioned += [entry.cidr for subnet in subnets for entry in subnet.entries or ()]
        public = clients.public_addresses(mentioned)
        return Network(
            region=self._region(),
            vpcs=tuple(self._vpcs()),
            subnets=subnets,
            hosts=tuple(self._hosts(public)),
            nats=tuple(self._nats(public)),
            peerings=tuple(self._peerings()),
            groups=groups,
            outside=clients.clients(mentioned, lists),
            mirror=clients.MIRROR,
        )

    def _region(self) -> str:
        for subnet in self.stack.of("aws_subnet"):
            zone = self.stack.value(subnet, "availability_zone")
            if isinstance(zone, str):
                return zone[:-1]
        return "us-east-1"

    def _text(self, resource: Resource, key: str) -> str:
        value = self.stack.value(resource, key)
        if not isinstance(value, str):
            raise RehearsalError(
                f"{resource.path}: {key} is known only after apply, so it cannot be rehearsed"
            )
        return value

    def _vpcs(self) -> Iterator[Vpc]:
        gateways = {
            owner.address: one.address
            for one in self.stack.of("aws_internet_gateway")
            if (owner := self.stack.target(one, "vpc_id")) is not None
        }
        for one in self.stack.of("aws_vpc"):
            cidr = self._text(one, "cidr_block")
            yield Vpc(one.address, cidr, gateways.get(one.address, ""))

    def _subnets(self) -> Iterator[Subnet]:
        for one in self.stack.of("aws_subnet"):
            vpc = self._vpc_of(one)
            yield Subnet(
                one.address,
                vpc.address,
                self._text(one, "cidr_block"),
                self._text(one, "availability_zone"),
                tuple(self._routes(self._table(one, vpc))),
                self._acl(one, vpc),
            )

    def _vpc_of(self, resource: Resource) -> Resource:
        vpc = self.stack.target(resource, "vpc_id")
        if vpc is None or vpc.type != "aws_vpc":
            raise RehearsalError(
                f"{resource.path}: its VPC is not made by this stack, so its CIDR and routes "
                'are not known; rehearse an environment with vpc = "create"'
            )
        return vpc

    def _table(self, subnet: Resource, vpc: Resource) -> Resource | None:
        """Amazon VPC User Guide, "Route tables": its own, or else the VPC's main one."""
        for one in self.stack.of("aws_route_table_association"):
            if self.stack.target(one, "subnet_id") is subnet:
                return self.stack.target(one, "route_table_id")
        for one in self.stack.of("aws_default_route_table"):
            part = self.stack.attribute(one.values.get("default_route_table_id"))
            if part is not None and self.stack.at(part.address) is vpc:
                return one
        for one in self.stack.of("aws_main_route_table_association"):
            if self.stack.target(one, "vpc_id") is vpc:
                return self.stack.target(one, "route_table_id")
        return vpc

    def _routes(self, table: Resource | None) -> Iterator[Route]:
        if table is None:
            return
        written = [(one, one.values) for one in self.stack.of("aws_route")]
        written = [pair for pair in written if self._is_of(pair[0], table)]
        written += [(table, block) for block in table.blocks("route")]
        for resource, values in written:
            keys = ("destination_cidr_block", "cidr_block")
            cidr = next((self.stack.resolve(values[key]) for key in keys if values.get(key)), None)
            prefixes = values.get("destination_prefix_list_id")
            cidrs = self._cidrs(resource, [cidr], [prefixes])
            if cidrs:
                yield Route(cidrs, self._target(resource, values))

    def _is_of(self, route: Resource, table: Resource) -> bool:
        named = route.values.get("route_table_id")
        part = self.stack.attribute(named)
        if part is not None and part.attribute in ("main_route_table_id", "default_route_table_id"):
            return self.stack.at(part.address) is table
        return self.stack.pointed(named) is table

    def _target(self, resource: Resource, values: Mapping[str, Any]) -> str:
        for key in _TARGETS:
            if not values.get(key):
                continue
            target = self.stack.pointed(values[key])
            if target is None:
                raise RehearsalError(
                    f"{resource.path}: {key} is {values[key]}, which this stack does not have"
                )
            if target.type not in _GATEWAYS:
                raise RehearsalError(
                    f"{resource.path}: routes to {target.path}, which is not rehearsed"
                )
            return target.address
        raise RehearsalError(f"{resource.path}: leads to something that is not rehearsed")

    def _acl(self, subnet: Resource, vpc: Resource) -> tuple[Entry, ...] | None:
        default = None
        for acl in self.stack.of("aws_network_acl"):
            if subnet in self.stack.targets(acl, "subnet_ids"):
                return tuple(self._entries(acl))
        for one in self.stack.of("aws_network_acl_association"):
            acl_of_it = self.stack.target(one, "network_acl_id")
            if self.stack.target(one, "subnet_id") is subnet and acl_of_it is not None:
                return tuple(self._entries(acl_of_it))
        for acl in self.stack.of("aws_default_network_acl"):
            part = self.stack.attribute(acl.values.get("default_network_acl_id"))
            if part is not None and self.stack.at(part.address) is vpc:
                default = tuple(self._entries(acl))
        return default

    def _entries(self, acl: Resource) -> Iterator[Entry]:
        written: list[tuple[Direction, Mapping[str, Any]]] = [
            (direction, block) for direction in DIRECTIONS for block in acl.blocks(direction)
        ]
        for one in self.stack.of("aws_network_acl_rule"):
            if self.stack.target(one, "network_acl_id") is acl:
                outward = str(self.stack.value(one, "egress")).lower() == "true"
                written.append(("egress" if outward else "ingress", one.values))
        for direction, body in written:
            cidr = self.stack.resolve(body.get("cidr_block"))
            if isinstance(cidr, str) and cidr:
                number = body.get("rule_no") or body.get("rule_number")
                action = body.get("action") or body.get("rule_action")
                service = self._service(acl, body, "protocol")
                yield Entry(direction, int(str(number)), action == "allow", service, cidr)

    @cached_property
    def _groups(self) -> list[Resource]:
        return list(self.stack.of("aws_security_group", "aws_default_security_group"))

    @cached_property
    def _lists(self) -> list[Resource]:
        return list(self.stack.of("aws_ec2_managed_prefix_list"))

    def _list_name(self, one: Resource) -> str:
        own = one.values.get("tags")
        role = own.get("Role") if isinstance(own, Mapping) else None
        return role if isinstance(role, str) else re.split(r"[/.]", one.path)[-1]

    def _entries_of(self, prefix_list: Resource) -> tuple[str, ...]:
        entries = [one.get("cidr") for one in prefix_list.blocks("entry")]
        entries += [
            one.values.get("cidr")
            for one in self.stack.of("aws_ec2_managed_prefix_list_entry")
            if self.stack.target(one, "prefix_list_id") is prefix_list
        ]
        return tuple(one for one in map(self.stack.resolve, entries) if _is_ipv4(one))

    def _rules(self, group: Resource) -> Iterator[Rule]:
        for direction in DIRECTIONS:
            for one in self.stack.of(f"aws_vpc_security_group_{direction}_rule"):
                if self.stack.target(one, "security_group_id") is group:
                    yield self._rule(one, group, direction, one.values, "ip_protocol")
            for block in group.blocks(direction):
                yield self._rule(group, group, direction, block, "protocol")
        for one in self.stack.of("aws_security_group_rule"):
            if self.stack.target(one, "security_group_id") is group:
                kind: Direction = "egress" if one.values.get("type") == "egress" else "ingress"
                yield self._rule(one, group, kind, one.values, "protocol")

    def _rule(
        self,
        resource: Resource,
        group: Resource,
        direction: Direction,
        values: Mapping[str, Any],
        protocol: str,
    ) -> Rule:
        named = [values.get("referenced_security_group_id"), values.get("source_security_group_id")]
        named += values.get("security_groups") or []
        members = [found.address for one in named if (found := self.stack.pointed(one)) is not None]
        if values.get("self") is True:
            members.append(group.address)
        lists = [values.get("prefix_list_id"), *(values.get("prefix_list_ids") or [])]
        written = [values.get("cidr_ipv4"), *(values.get("cidr_blocks") or [])]
        cidrs = self._cidrs(resource, written, lists)
        return Rule(direction, self._service(resource, values, protocol), cidrs, tuple(members))

    def _cidrs(self, resource: Resource, written: list[Any], lists: list[Any]) -> tuple[str, ...]:
        found: list[str] = []
        for one in map(self.stack.resolve, written):
            if isinstance(one, Reference | Unknown):
                raise RehearsalError(f"{resource.path}: {one} is known only after apply")
            found += [one] if _is_ipv4(one) else []
        for one in lists:
            if one is not None:
                prefix_list = self.stack.pointed(one)
                if prefix_list is None or prefix_list.is_data:
                    raise RehearsalError(f"{resource.path}: the prefix list {one} is not known")
                found += self._entries_of(prefix_list)
        return tuple(found)

    def _service(self, resource: Resource, values: Mapping[str, Any], key: str) -> Service:
        written = str(self.stack.resolve(values.get(key))).lower()
        protocol = {"-1": "all", "6": "tcp", "17": "udp", "1": "icmp"}.get(written, written)
        if protocol not in ("tcp", "udp"):
            return Service(protocol, None)
        low, high = (self.stack.resolve(values.get(end)) for end in ("from_port", "to_port"))
        try:
            return Service(protocol, (int(str(low)), int(str(high))))
        except ValueError:
            raise RehearsalError(f"{resource.path}: its ports are known only after apply") from None

    def _hosts(self, public: Iterator[str]) -> Iterator[Host]:
        for one in self.stack.of("aws_instance"):
            subnet = self._subnet_of(one)
            groups = [self.stack.pointed(named) for named in self._named_groups(one)]
            own = self._default_tags(one)
            yield Host(
                name=self._name(one),
                subnet=subnet.address,
                address=self._address(one, subnet),
                public=next(public) if self._is_public(one, subnet) else "",
                groups=tuple(group.address for group in groups if group is not None),
                tags=own,
                user_data=self._user_data(one),
            )

    def _named_groups(self, instance: Resource) -> list[Any]:
        named = instance.values.get("vpc_security_group_ids")
        if not isinstance(named, list) or not named:
            raise RehearsalError(f"{instance.path}: names no vpc_security_group_ids")
        return named

    def _default_tags(self, instance: Resource) -> Mapping[str, str]:
        written = instance.values.get("tags_all") or instance.values.get("tags") or {}
        tags = {key: value for key, value in written.items() if isinstance(value, str)}
        return {**self.default_tags, **tags}

    def _name(self, instance: Resource) -> str:
        """As reachability names endpoints: "dev/web/instance" and "aws_instance.web" are "web"."""
        if "/" in instance.path:
            return self.stack.label(instance)
        label = instance.address.rpartition("aws_instance.")[2]
        return label.removesuffix("_instance") or label

    def _subnet_of(self, resource: Resource) -> Resource:
        subnet = self.stack.target(resource, "subnet_id")
        if subnet is None or subnet.type != "aws_subnet":
            raise RehearsalError(f"{resource.path}: its subnet is not made by this stack")
        return subnet

    def _address(self, resource: Resource, subnet: Resource) -> str:
        written = self.stack.value(resource, "private_ip")
        if isinstance(written, str) and written:
            self._taken.add(written)
            return written
        # Amazon VPC User Guide, "Subnet CIDR blocks": the first four and the last are reserved.
        hosts = list(IPv4Network(self._text(subnet, "cidr_block")))[4:-1]
        free = next(str(one) for one in hosts if str(one) not in self._taken)
        self._taken.add(free)
        return free

    @cached_property
    def _taken(self) -> set[str]:
        written = [one.values.get("private_ip") for one in self.stack.of("aws_instance")]
        return {one for one in written if isinstance(one, str)}

    def _is_public(self, instance: Resource, subnet: Resource) -> bool:
        for eip in self.stack.of("aws_eip", "aws_eip_association"):
            if instance in (self.stack.target(eip, key) for key in ("instance", "instance_id")):
                return True
        asked = self.stack.value(instance, "associate_public_ip_address")
        given = self.stack.value(subnet, "map_public_ip_on_launch")
        return str(given if asked is None else asked).lower() == "true"

    def _user_data(self, instance: Resource) -> bytes:
        packed = self.stack.value(instance, "user_data_base64")
        plain = self.stack.value(instance, "user_data")
        if isinstance(packed, str):
            try:
                return base64.b64decode(packed, validate=True)
            except binascii.Error as error:
                raise RehearsalError(f"{instance.path}: user_data_base64: {error}") from error
        return plain.encode() if isinstance(plain, str) else b""

    def _nats(self, public: Iterator[str]) -> Iterator[Nat]:
        for one in self.stack.of("aws_nat_gateway"):
            subnet = self._subnet_of(one)
            has = one.values.get("allocation_id") is not None
            address = self._address(one, subnet)
            yield Nat(one.address, subnet.address, address, next(public) if has else "")

    def _peerings(self) -> Iterator[Peering]:
        accepted = [
            self.stack.target(one, "vpc_peering_connection_id")
            for one in self.stack.of("aws_vpc_peering_connection_accepter")
            if str(self.stack.value(one, "auto_accept")).lower() == "true"
        ]
        for one in self.stack.of("aws_vpc_peering_connection"):
            ends = [self.stack.target(one, key) for key in ("vpc_id", "peer_vpc_id")]
            named = [end.address for end in ends if end is not None and end.type == "aws_vpc"]
            active = str(self.stack.value(one, "auto_accept")).lower() == "true" or one in accepted
            if len(named) == 2:
                yield Peering(one.address, (named[0], named[1]), active)


def _is_ipv4(cidr: Any) -> bool:
    if not isinstance(cidr, str):
        return False
    try:
        IPv4Network(cidr, strict=False)
    except ValueError:
        return False
    return True
