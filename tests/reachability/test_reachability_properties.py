"""Facts about any network: against an enumeration of packets, and under edits that can only help.

The oracle here is written from the packet's side: it walks one packet there and its answer back,
one address, one port at a time, over the plain description that the Terraform was made from.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_networks import Net, ref

from reachability.changes import changes
from reachability.matrix import matrix
from reachability.verdict import open_ports, reach

PORTS = (22, 80, 5000)
OUTSIDER = ipaddress.ip_address("198.51.100.7")
RANGES = ("0.0.0.0/0", "10.0.0.0/16", "10.1.0.0/16", "10.0.1.0/24", "10.0.2.10/32",
          "10.1.1.10/32", "198.51.100.0/24")  # fmt: skip
HOSTS = {"a": ("v0s1", "10.0.1.10"), "b": ("v0s2", "10.0.2.10"), "c": ("v1s1", "10.1.1.10")}
SUBNETS = {"v0s1": "10.0.1.0/24", "v0s2": "10.0.2.0/24", "v1s1": "10.1.1.0/24"}
VPCS = {"v0": "10.0.0.0/16", "v1": "10.1.0.0/16"}


@dataclass(frozen=True)
class World:
    """Rules are (host, direction, first port, last port, CIDR or host whose group is named).

    Routes are (subnet, CIDR, "igw" or "pcx"); entries (direction, number, action, CIDR, first,
    last) by subnet, of those subnets that have an ACL of their own.
    """

    rules: tuple[tuple[str, str, int, int, str], ...] = ()
    routes: tuple[tuple[str, str, str], ...] = ()
    acls: dict[str, tuple[tuple[str, int, str, str, int, int], ...]] = field(default_factory=dict)
    public: frozenset[str] = frozenset()
    accepted: bool = True


def terraform(world: World) -> Net:
    net = Net()
    for vpc, cidr in VPCS.items():
        net.vpc(vpc, cidr)
        net.internet_gateway(vpc)
    for subnet, cidr in SUBNETS.items():
        net.subnet(subnet, subnet[:2], cidr)
    net.peer("v0", "v1", auto_accept=world.accepted)
    for host, (subnet, address) in HOSTS.items():
        public = {"associate_public_ip_address": host in world.public}
        net.host(host, subnet, address, subnet[:2], **public)
    for number, (subnet, cidr, kind) in enumerate(world.routes):
        target = {"gateway_id": ref("internet_gateway", subnet[:2])}
        if kind == "pcx":
            peering = ref("vpc_peering_connection", "v0-v1")
            target = {"vpc_peering_connection_id": peering}
        net.route(subnet, cidr, f"r{number}", **target)
    for subnet, entries in world.acls.items():
        net.acl(f"acl-{subnet}", subnet, *entries)
    for host, direction, first, last, peer in world.rules:
        name = net.rule(direction, host, first, **(
            {"referenced_security_group_id": ref("security_group", peer)}
            if peer in HOSTS else {"cidr_ipv4": peer}))  # fmt: skip
        net.change(f"vpc_security_group_{direction}_rule", name, to_port=last)
    return net


# --- the oracle


def within(address: str, cidr: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(cidr)


def group_lets(world: World, host: str, direction: str, port: int, other: str, at: str) -> bool:
    return any(
        (owner, way) == (host, direction)
        and first <= port <= last
        and (peer == other if peer in HOSTS else within(at, peer))
        for owner, way, first, last, peer in world.rules
    )


def acl_lets(world: World, subnet: str, direction: str, port: int, at: str) -> bool:
    if subnet not in world.acls:
        return True
    for way, _, action, cidr, first, last in sorted(world.acls[subnet], key=lambda e: e[1]):
        if way == direction and within(at, cidr) and first <= port <= last:
            return action == "allow"
    return False


def leads(world: World, subnet: str, at: str) -> str:
    """Where the longest prefix sends a packet: "local", "igw", "pcx" or nowhere at all."""
    known = [(VPCS[subnet[:2]], "local")]
    known += [(cidr, kind) for owner, cidr, kind in world.routes if owner == subnet]
    known = [one for one in known if within(at, one[0])]
    return max(known, key=lambda one: ipaddress.ip_network(one[0]).prefixlen, default=("", ""))[1]


def packet_and_answer(world: World, source: str, destination: str, port: int) -> bool:
    """A connection from a host or the outsider to a host, by private address or from outside."""
    there, at = HOSTS[destination]
    answers = (1024, 40000, 65535)
    if source == "outside":
        here, come_from, road = "", str(OUTSIDER), "igw"
        if destination not in world.public:
            return False
    else:
        here, come_from = HOSTS[source]
        road = "local" if here[:2] == there[:2] else "pcx"
        if road == "pcx" and not world.accepted:
            return False
        if leads(world, here, at) != road:
            return False
        if not group_lets(world, source, "egress", port, destination, at):
            return False
    if leads(world, there, come_from) != road:
        return False
    name = "" if source == "outside" else source
    if not group_lets(world, destination, "ingress", port, name, come_from):
        return False
    if here == there:
        return True
    forward = acl_lets(world, there, "ingress", port, come_from)
    back = all(acl_lets(world, there, "egress", one, come_from) for one in answers)
    if here:
        forward &= acl_lets(world, here, "egress", port, at)
        back &= all(acl_lets(world, here, "ingress", one, at) for one in answers)
    return forward and back


# --- worlds

spans = st.sampled_from([(22, 22), (80, 80), (0, 65535), (5000, 5999), (1024, 65535)])
directions = st.sampled_from(["ingress", "egress"])
a_rule = st.tuples(
    st.sampled_from(list(HOSTS)), directions, spans, st.sampled_from([*RANGES, *HOSTS])
).map(lambda one: (one[0], one[1], *one[2], one[3]))
a_route = st.tuples(
    st.sampled_from(list(SUBNETS)),
    st.sampled_from(["0.0.0.0/0", "10.0.0.0/8", *RANGES[4:]]),
    st.sampled_from(["igw", "pcx", "pcx"]),
)
an_acl = st.lists(
    st.tuples(directions, st.integers(1, 9), st.sampled_from(["allow", "allow", "deny"]),
              st.sampled_from(RANGES), st.sampled_from([(80, 80), (0, 65535), (0, 65535)])),
    max_size=6, unique_by=lambda one: one[:2],
).map(lambda several: tuple((*one[:4], *one[4]) for one in several))  # fmt: skip
open_acl = st.just(
    tuple((way, 50, "allow", "0.0.0.0/0", 0, 65535) for way in ("ingress", "egress"))
)
worlds = st.builds(
    World,
    rules=st.lists(a_rule, min_size=3, max_size=9).map(tuple),
    routes=st.lists(a_route, max_size=6, unique_by=lambda one: one[:2]).map(tuple),
    acls=st.dictionaries(st.sampled_from(list(SUBNETS)), an_acl | open_acl, max_size=2),
    public=st.sets(st.sampled_from(list(HOSTS))).map(frozenset),
    accepted=st.sampled_from([True, True, True, False]),
)
thorough = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


@thorough
@given(worlds)
def test_every_packet_fares_as_computed(world: World) -> None:
    topology = terraform(world).topology()
    for source in (*HOSTS, str(OUTSIDER)):
        for destination in HOSTS:
            if source == destination:
                continue
            for port in PORTS:
                name = source if source in HOSTS else "outside"
                via = "private" if source in HOSTS else "any"
                verdict = reach(topology, source, destination, port, via=via)
                expected = "open" if packet_and_answer(world, name, destination, port) else "closed"
                assert verdict.state == expected, (source, destination, port, verdict.reasons)


@thorough
@given(worlds, a_rule)
def test_one_more_allowing_rule_closes_nothing(world: World, rule: tuple) -> None:  # type: ignore[type-arg]
    more = replace(world, rules=(*world.rules, rule))
    before, after = (matrix(terraform(one).topology()) for one in (world, more))
    assert {one.verb for one in changes(before, after)} <= {"opens"}


@thorough
@given(worlds)
def test_without_its_peering_accepted_nothing_new_opens(world: World) -> None:
    before = matrix(terraform(replace(world, accepted=True)).topology())
    after = matrix(terraform(replace(world, accepted=False)).topology())
    assert {one.verb for one in changes(before, after)} <= {"closes"}


@thorough
@given(worlds)
def test_without_public_addresses_nothing_is_reached_from_outside(world: World) -> None:
    found = matrix(terraform(replace(world, public=frozenset())).topology())
    assert not [pair for pair in found.pairs() if "internet" in pair[:2]]


@thorough
@given(worlds)
def test_without_routes_only_local_traffic_passes(world: World) -> None:
    found = matrix(terraform(replace(world, routes=())).topology())
    vpcs = {host: subnet[:2] for host, (subnet, _) in HOSTS.items()}
    assert all(vpcs.get(one) == vpcs.get(other) for one, other, _ in found.pairs())


@thorough
@given(worlds)
def test_the_matrix_says_what_each_pair_says(world: World) -> None:
    topology = terraform(world).topology()
    found = matrix(topology)
    for source in found.names:
        for destination in found.names:
            if source != destination:
                pair = open_ports(topology, source, destination)
                cell = found.cell(source, destination)
                assert {key: one for key, one in pair.items() if one} == dict(cell.ports)


@thorough
@given(worlds)
def test_the_ports_of_a_pair_are_those_that_are_open_one_by_one(world: World) -> None:
    topology = terraform(world).topology()
    for source, destination in (("a", "b"), ("a", "c"), ("internet", "a")):
        ports = open_ports(topology, source, destination)["tcp"]
        for port in (21, *PORTS, 5999, 6000):
            state = reach(topology, source, destination, port).state
            assert (state == "open") == (port in ports.sure)
            assert (state == "unknown") == (port in ports.unknown)
