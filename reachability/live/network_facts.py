"""Facts about the ways between hosts: tables, routes, network ACLs, peerings, prefix lists."""

from __future__ import annotations

from collections.abc import Iterator

from reachability.intervals import Addresses
from reachability.live.fact import Fact, changed, id_of
from reachability.network import SUBNET_TYPES, main_table_of, pointed_table, table_of, vpc_of
from reachability.network_acls import ACL_TYPES, Entry, acls
from reachability.prefix_lists import held_by
from reachability.routes import Route
from reachability.security_groups import ALL_PROTOCOLS, Direction
from reachability.stack import Resource, Stack, each


def of_route(stack: Stack, route: Route, table: Resource) -> Fact:
    listed, target = stack.pointed(route.destination), stack.pointed(route.target)
    destination = f"prefix list {stack.label(listed)}" if listed else str(route.destination)
    gateway = f"{_noun(target)} {stack.label(target)}" if target else str(route.target)
    vpc = vpc_of(stack, table)
    by_default = vpc is not None and vpc.values.get("default") is True
    return Fact(
        f"{_table(stack, table)} sends {destination} to {gateway}",
        f"route to {destination} in {id_of(table)}",
        table.path,
        by_default and route.destination == "0.0.0.0/0" and route.kind == "gateway_id",
        {route.resource.address: None},
    )


def of_gateway_endpoint(stack: Stack, endpoint: Resource) -> Iterator[Fact]:
    """AWS PrivateLink Guide, "Gateway endpoints": it adds its own route to each of its tables."""
    if stack.value(endpoint, "vpc_endpoint_type") not in (None, "Gateway"):
        return
    named = list(each(endpoint.values.get("route_table_ids")))
    named += [
        one.values.get("route_table_id")
        for one in stack.of("aws_vpc_endpoint_route_table_association")
        if stack.target(one, "vpc_endpoint_id") is endpoint
    ]
    service = stack.value(endpoint, "service_name")
    for table in (pointed_table(stack, one) for one in named):
        if table is not None:
            says = f"{_table(stack, table)} sends {service} to a gateway endpoint"
            yield Fact(says, f"gateway endpoint {id_of(endpoint)}", table.path)


def _table(stack: Stack, table: Resource) -> str:
    vpc = vpc_of(stack, table)
    if vpc is not None and main_table_of(stack, vpc) is table:
        return f"the main route table of {stack.label(vpc)}"
    return f"route table {stack.label(table)}"


def of_subnet(stack: Stack, subnet: Resource) -> Iterator[Fact]:
    name, element = f"subnet {stack.label(subnet)}", f"subnet {id_of(subnet)}"
    if (table := table_of(stack, subnet)) is not None:
        yield Fact(f"{name} uses {_table(stack, table)}", element, subnet.path, usual=True)
    if stack.value(subnet, "map_public_ip_on_launch") is True:
        says = f"{name} gives a public address to every new instance"
        yield Fact(says, element, subnet.path, usual=True)


def of_acls(stack: Stack) -> Iterator[Fact]:
    """Which ACL guards a subnet, and its entries; AWS's own default one lets everything pass."""
    by_path = {one.path: one for one in stack.of(*ACL_TYPES)}
    found = acls(stack)
    for address, acl in found.items():
        holder, subnet = by_path.get(acl.path), stack.resources[address]
        if holder is not None and subnet.type in SUBNET_TYPES:
            says = f"subnet {stack.label(subnet)} uses network ACL {stack.label(holder)}"
            yield Fact(says, f"network ACL {id_of(holder)}", holder.path, _is_default(holder))
    for path in dict.fromkeys(acl.path for acl in found.values()):
        if (holder := by_path.get(path)) is not None:
            acl = next(one for one in found.values() if one.path == path)
            for direction, entries in (acl.entries or {}).items():
                for entry in entries:
                    yield _of_entry(stack, holder, direction, entry)


def _of_entry(stack: Stack, acl: Resource, direction: Direction, entry: Entry) -> Fact:
    what = entry.protocol if entry.protocol == ALL_PROTOCOLS else f"{entry.protocol} {entry.ports}"
    toward = f"out {what} to" if direction == "egress" else f"in {what} from"
    verb = "allows" if entry.allows else "denies"
    addresses = Addresses(entry.addresses[4], entry.addresses[6])
    by_aws = _is_default(acl) and entry.allows and str(addresses) in ("0.0.0.0/0", "::/0")
    written = next(
        (
            one.address
            for one in stack.of("aws_network_acl_rule")
            if stack.target(one, "network_acl_id") is acl
            and one.values.get("rule_number") == entry.number
            and (one.values.get("egress") is True) == (direction == "egress")
        ),
        None,
    )
    return Fact(
        f"network ACL {stack.label(acl)} {verb} {toward} {addresses}, number {entry.number}",
        f"entry {entry.number} in network ACL {id_of(acl)}",
        acl.path,
        by_aws and entry.protocol == ALL_PROTOCOLS and entry.number in (100, 101),
        {written: None} if written else {},
    )


def _is_default(acl: Resource) -> bool:
    return acl.type == "aws_default_network_acl" or acl.values.get("default") is True


def of_peering(stack: Stack, connection: Resource) -> Fact:
    ends = [stack.target(connection, key) for key in ("vpc_id", "peer_vpc_id")]
    joined = " and ".join(stack.label(one) if one else "a VPC beyond" for one in ends)
    element = f"peering connection {id_of(connection)}"
    undo = {connection.address: None}
    return Fact(f"a peering joins {joined}", element, connection.path, False, undo)


def of_prefix_list(stack: Stack, prefix_list: Resource) -> Iterator[Fact]:
    name = stack.label(prefix_list)
    held = held_by(stack, prefix_list)
    entries = prefix_list.blocks("entry")
    for cidr in str(held).split(", ") if held else ():
        rest = [one for one in entries if one.get("cidr") != cidr]
        undo: dict[str, Resource | None] = {}
        if len(rest) < len(entries):
            undo[prefix_list.address] = changed(prefix_list, entry=rest)
        element = f"entry {cidr} in prefix list {id_of(prefix_list)}"
        yield Fact(f"prefix list {name} holds {cidr}", element, prefix_list.path, False, undo)


def _noun(resource: Resource) -> str:
    return resource.type.removeprefix("aws_").replace("_", " ")
