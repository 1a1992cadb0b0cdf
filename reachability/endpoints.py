"""What can be talked to: instances, load balancers and databases, with their interfaces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from reachability.exposure import is_false
from reachability.intervals import NOTHING, PUBLIC, Addresses, Intervals
from reachability.network import SUBNET_TYPES, addresses, vpc_of
from reachability.security_groups import group_of
from reachability.stack import Reference, Resource, Stack, Unknown

Answer = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, eq=False)
class Interface:
    """A network interface: where it stands, its addresses and its security groups.

    `ipv4` and `ipv6` hold the private address, or all that it may come to be. `groups` name the
    security groups by `group_of`. `public` says whether it has a public IPv4 address, `why` from
    where, and `elastic` which one where that is known. `hosts` are the attributes its addresses
    stand in, for rules that refer to them.
    """

    path: str
    label: str
    vpc: Resource | None
    subnet: Resource | None
    ipv4: Intervals
    ipv6: Intervals
    groups: tuple[str, ...]
    public: Answer = "no"
    why: str = ""
    elastic: int | None = None
    forwards: bool = False
    hosts: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, eq=False)
class Endpoint:
    """`interfaces` all answer, or, where `one_of_them`, AWS chooses among them."""

    name: str
    path: str
    interfaces: tuple[Interface, ...]
    one_of_them: bool = False


@dataclass(frozen=True, eq=False)
class _Elastic:
    resource: Resource
    address: int | None
    hosts: frozenset[tuple[str, str]]


def endpoints(stack: Stack) -> list[Endpoint]:
    """Every endpoint of the stack, in its order, named as briefly as is unambiguous."""
    reader = _Reader(stack)
    found = [
        *((one, reader.of_instance(one), False) for one in stack.of("aws_instance")),
        *((one, reader.of_balancer(one), True) for one in stack.of("aws_lb", "aws_alb")),
        *((one, reader.of_database(one), True) for one in stack.of("aws_db_instance")),
    ]
    names = _names(stack, [resource for resource, _, _ in found])
    return [
        Endpoint(names[resource.address], resource.path, tuple(interfaces), one_of_them)
        for resource, interfaces, one_of_them in found
    ]


def nat_gateway(stack: Stack, gateway: Resource) -> Interface:
    """The interface of a NAT gateway: without security groups, public if it has an Elastic IP.

    (Amazon VPC User Guide, "NAT gateways".)
    """
    subnet = stack.target(gateway, "subnet_id")
    elastic = stack.target(gateway, "allocation_id")
    private = stack.value(gateway, "connectivity_type") == "private"
    given = gateway.values.get("allocation_id") is not None and not private
    return Interface(
        path=gateway.path,
        label=stack.label(gateway),
        vpc=vpc_of(stack, subnet),
        subnet=subnet,
        ipv4=NOTHING,
        ipv6=NOTHING,
        groups=(),
        public="yes" if given else "no",
        why=f"Elastic IP {stack.label(elastic)}" if elastic else "an Elastic IP",
        elastic=_one(elastic.values.get("public_ip")) if elastic else None,
        hosts=frozenset(
            (one.address, "public_ip") for one in (gateway, elastic) if one is not None
        ),
    )


def _names(stack: Stack, resources: list[Resource]) -> dict[str, str]:
    """The first of its short name, path and address that no other endpoint has, by address."""
    forms = {one.address: (_short(stack, one), one.path, one.address) for one in resources}
    taken = Counter(form for several in forms.values() for form in set(several))
    return {
        address: next((form for form in several if taken[form] == 1), address)
        for address, several in forms.items()
    }


def _short(stack: Stack, resource: Resource) -> str:
    """ "dev/web/instance", "aws_instance.web_instance" and "aws_instance.web" are all "web"."""
    if "/" in resource.path:
        return stack.label(resource)
    kind = resource.type.removeprefix("aws_")
    label = resource.address.partition(f"{resource.type}.")[2]
    module = resource.address.partition(f"{resource.type}.")[0]
    return module + (label.removesuffix(f"_{kind}") or label)


class _Reader:
    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def of_instance(self, instance: Resource) -> Iterator[Interface]:
        elastic = self._elastic.get(instance.address)
        own = [*instance.blocks("network_interface"), *instance.blocks("primary_network_interface")]
        attached = [self.stack.pointed(one.get("network_interface_id")) for one in own]
        attached += self._attachments.get(instance.address, [])
        if not own:
            yield self._interface(
                instance, instance.values, self.stack.target(instance, "subnet_id"), elastic
            )
        for interface in attached:
            if interface is not None:
                subnet = self.stack.target(interface, "subnet_id")
                found = self._elastic.get(interface.address) or (elastic if own else None)
                yield self._interface(interface, interface.values, subnet, found)

    def of_balancer(self, balancer: Resource) -> Iterator[Interface]:
        facing_out = is_false(self.stack.value(balancer, "internal"))
        mapped = [one.get("subnet_id") for one in balancer.blocks("subnet_mapping")]
        for named in [*_each(balancer.values.get("subnets")), *mapped]:
            subnet = self.stack.pointed(named)
            yield self._interface(
                balancer, balancer.values, subnet, None, public="yes" if facing_out else "no"
            )

    def of_database(self, database: Resource) -> Iterator[Interface]:
        public = self.stack.value(database, "publicly_accessible")
        group = self._named_group(database)
        subnets: list[Resource | None] = []
        if group is not None:
            subnets += self.stack.targets(group, "subnet_ids")
        for subnet in subnets or [None]:
            yield self._interface(
                database,
                database.values,
                subnet,
                None,
                public="no" if is_false(public) else _answer(public),
            )

    def _named_group(self, database: Resource) -> Resource | None:
        named = database.values.get("db_subnet_group_name")
        if isinstance(named, Reference):
            return self.stack.at(named.address)
        for group in self.stack.of("aws_db_subnet_group"):
            if group.values.get("name") == named and named is not None:
                return group
        return None

    def _interface(
        self,
        resource: Resource,
        values: Mapping[str, Any],
        subnet: Resource | None,
        elastic: _Elastic | None,
        public: Answer | None = None,
    ) -> Interface:
        vpc = vpc_of(self.stack, subnet)
        ipv4, ipv6 = self._private(values, subnet)
        state, why = (public, resource.path) if public else self._public(resource, subnet, elastic)
        hosts = {(resource.address, "private_ip"), (resource.address, "public_ip")}
        return Interface(
            path=resource.path,
            label=self.stack.label(resource),
            vpc=vpc,
            subnet=subnet,
            ipv4=ipv4,
            ipv6=ipv6,
            groups=self._groups(resource, values, vpc),
            public=state,
            why=why,
            elastic=elastic.address if elastic else _one(values.get("public_ip")),
            forwards=values.get("source_dest_check") is not None
            and is_false(self.stack.resolve(values.get("source_dest_check"))),
            hosts=frozenset(hosts) | (elastic.hosts if elastic else frozenset()),
        )

    def _private(
        self, values: Mapping[str, Any], subnet: Resource | None
    ) -> tuple[Intervals, Intervals]:
        """The private addresses; where not known, all of the subnet's that nobody else has."""
        stack = self.stack
        written = [values.get("private_ip"), *_each(values.get("private_ips"))]
        known = addresses([one for one in written if isinstance(one, str) and one])
        ipv4 = known.ipv4 if known else NOTHING
        if not ipv4 and subnet is not None:
            ipv4 = self._free.get(subnet.address, NOTHING)
        given = addresses([one for one in _each(values.get("ipv6_addresses")) if _is_text(one)])
        ipv6 = given.ipv6 if given else NOTHING
        wants = bool(values.get("ipv6_addresses") or values.get("ipv6_address_count"))
        if subnet is not None and not ipv6:
            wants |= not is_false(stack.value(subnet, "assign_ipv6_address_on_creation"))
            if wants:
                block = stack.value(subnet, "ipv6_cidr_block")
                held = addresses([block]) if isinstance(block, str) and block else None
                ipv6 = held.ipv6 if held else PUBLIC.ipv6
        return ipv4, ipv6

    def _public(
        self, resource: Resource, subnet: Resource | None, elastic: _Elastic | None
    ) -> tuple[Answer, str]:
        """Whether a public IPv4 address comes with it.

        (Amazon VPC User Guide: "IP addressing for your VPCs and subnets".)
        """
        if elastic is not None:
            return "yes", f"Elastic IP {self.stack.label(elastic.resource)}"
        if resource.type == "aws_network_interface":
            return "no", "an interface of its own gets no public address by itself"
        own = self.stack.value(resource, "associate_public_ip_address")
        if "associate_public_ip_address" in resource.configured and own is not None:
            return _answer(own), "associate_public_ip_address"
        if subnet is None:
            return "unknown", "its subnet is not known"
        maps = self.stack.value(subnet, "map_public_ip_on_launch")
        if maps is None and self._is_default(subnet):
            return "yes", f"{self.stack.label(subnet)} is a default subnet"
        return _answer(maps), f"{self.stack.label(subnet)} maps public addresses on launch"

    def _is_default(self, subnet: Resource) -> bool:
        """Amazon VPC User Guide, "Default VPCs": its default subnets give public addresses."""
        vpc = vpc_of(self.stack, subnet)
        adopted = vpc is not None and vpc.is_data and not is_false(vpc.values.get("default"))
        return subnet.type == "aws_default_subnet" or (subnet.is_data and adopted)

    def _groups(
        self, resource: Resource, values: Mapping[str, Any], vpc: Resource | None
    ) -> tuple[str, ...]:
        """The groups it names; else the default group of its VPC.

        (Amazon VPC User Guide, "Default security groups for your VPCs".)
        """
        keys = ("vpc_security_group_ids", "security_groups")
        named = [one for key in keys for one in _each(values.get(key))]
        named += self._attached_groups.get(resource.address, [])
        if not named and resource.type in ("aws_lb", "aws_alb"):
            network = self.stack.value(resource, "load_balancer_type") == "network"
            return () if network else ("",)
        if not named and vpc is not None:
            part = Reference(vpc.address, "default_security_group_id")
            resolved = self.stack.resolve(part)
            return (group_of(self.stack, part if isinstance(resolved, Reference) else resolved),)
        return tuple(dict.fromkeys(group_of(self.stack, one) for one in named)) or ("",)

    @cached_property
    def _free(self) -> dict[str, Intervals]:
        """The addresses of each subnet that AWS may hand out.

        (Amazon VPC User Guide, "Subnet CIDR blocks": the first four and the last are reserved.)
        """
        taken: dict[str, list[tuple[int, int]]] = {}
        for resource in self.stack.of("aws_instance", "aws_network_interface"):
            subnet = self.stack.target(resource, "subnet_id")
            written = [
                resource.values.get("private_ip"),
                *_each(resource.values.get("private_ips")),
            ]
            for one in written:
                if subnet is not None and (address := _one(one)) is not None:
                    taken.setdefault(subnet.address, []).append((address, address))
        free: dict[str, Intervals] = {}
        for subnet in self.stack.resources.values():
            if subnet.type not in (*SUBNET_TYPES,):
                continue
            block = self.stack.value(subnet, "cidr_block")
            held = addresses([block]) if isinstance(block, str) else None
            if held is None or not held.ipv4:
                free[subnet.address] = _PRIVATE
                continue
            low, high = held.ipv4.pairs[0]
            usable = Intervals.of((low + 4, high - 1))
            free[subnet.address] = usable - Intervals.of(*taken.get(subnet.address, ()))
        return free

    @cached_property
    def _attachments(self) -> dict[str, list[Resource | None]]:
        found: dict[str, list[Resource | None]] = {}
        for one in self.stack.of("aws_network_interface_attachment"):
            if (instance := self.stack.target(one, "instance_id")) is not None:
                interface = self.stack.target(one, "network_interface_id")
                found.setdefault(instance.address, []).append(interface)
        for interface in self.stack.of("aws_network_interface"):
            for block in interface.blocks("attachment"):
                if (instance := self.stack.pointed(block.get("instance"))) is not None:
                    found.setdefault(instance.address, []).append(interface)
        return found

    @cached_property
    def _attached_groups(self) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for one in self.stack.of("aws_network_interface_sg_attachment"):
            named = one.values.get("network_interface_id")
            target = self.stack.pointed(named)
            if target is None and (part := self.stack.attribute(named)) is not None:
                target = self.stack.at(part.address)
            if target is not None:
                found.setdefault(target.address, []).append(one.values.get("security_group_id"))
        return found

    @cached_property
    def _elastic(self) -> dict[str, _Elastic]:
        """The Elastic IP of each instance and interface, by its address."""
        found: dict[str, _Elastic] = {}
        for resource in self.stack.of("aws_eip", "aws_eip_association"):
            eip = self.stack.target(resource, "allocation_id") or resource
            hosts = frozenset({(eip.address, "public_ip"), (eip.address, "private_ip")})
            elastic = _Elastic(resource, _one(eip.values.get("public_ip")), hosts)
            for key in ("instance", "instance_id", "network_interface", "network_interface_id"):
                named = resource.values.get(key)
                holders = self.stack.targets(resource, key)
                part = self.stack.attribute(named)
                if part is not None and part.attribute == "primary_network_interface_id":
                    machine = self.stack.at(part.address)
                    holders += [machine] if machine is not None else []
                for holder in holders:
                    found[holder.address] = elastic
        return found


# RFC 1918, "Address Allocation for Private Internets".
_PRIVATE = Addresses.of("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16").ipv4


def _answer(value: Any) -> Answer:
    if isinstance(value, Unknown | Reference):
        return "unknown"
    return "no" if is_false(value) else "yes"


def _one(value: Any) -> int | None:
    """A single known IPv4 address as a number."""
    found = addresses([value]) if isinstance(value, str) and value else None
    return found.ipv4.pairs[0][0] if found is not None and found.ipv4.size == 1 else None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _each(value: Any) -> list[Any]:
    return [one for one in (value if isinstance(value, list) else [value]) if one not in (None, "")]
