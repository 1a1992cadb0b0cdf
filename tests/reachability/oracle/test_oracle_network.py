"""The network half alone, held to what AWS documents: each sentence names its page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.reachability.oracle.description import (
    INTERNET,
    Acl,
    AclRule,
    Description,
    Group,
    GroupRule,
    Instance,
    Peering,
    Question,
    Route,
    Subnet,
    Via,
    Vpc,
    questions,
)
from tests.reachability.oracle.harness import Workers
from tests.reachability.oracle.namespaces import missing
from tests.reachability.oracle.small_network import (
    BACK,
    OUT,
    TO_PEER,
    WORLD,
    allow,
    small,
    table,
    with_acl,
    with_instance,
    with_rules,
    with_subnet,
    with_table,
)

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(1) as some:
        yield some


WEB_80: Question = (INTERNET, "web", "tcp", 80)
WEB_APP: Question = ("web", "app", "tcp", 5000)
CI_WEB: Question = ("ci", "web", "tcp", 22)
APP_OUT: Question = ("app", INTERNET, "tcp", 443)
WEB_22: Question = (INTERNET, "web", "tcp", 22)
WEB_OUT: Question = ("web", INTERNET, "tcp", 8080)


def test_the_sound_network_lets_through_its_conversations_and_no_others(workers: Workers) -> None:
    seen = workers.observe(small(), questions(small())).open
    named = {one for one in seen if one[1] != INTERNET}
    # web is public: its own VPC may call it by that address too, through the gateways.
    assert named == {WEB_80, WEB_APP, CI_WEB, ("app", "web", "tcp", 80), ("ci", "web", "tcp", 80)}
    assert {one[0] for one in seen if one[1] == INTERNET} == {"web", "app"}


def with_ipv6(door: Via | None = None) -> Description:
    """web over IPv6 alone: in on 22, out on 8080, by the door that its subnet's table leads to."""
    rules = (
        GroupRule(False, "tcp", "::/0", (22, 22)),
        GroupRule(True, "tcp", "::/0", (8080, 8080)),
    )
    block = "2600:1f18:0:000::/56"
    sound = with_rules("web-group", *rules)
    vpcs = (replace(sound.vpcs[0], ipv6=block, egress_only=True), sound.vpcs[1])
    routes = (Route("::/0", door),) if door else ()
    return replace(
        with_table(table("public", "vpc0", WORLD, TO_PEER, *routes)),
        vpcs=vpcs,
        groups=sound.groups,
        subnets=with_subnet("s0", ipv6="2600:1f18:0:001::/64").subnets,
        instances=with_instance("web", ipv6="2600:1f18:0:001::10").instances,
    )


_ALLOW_ALL = (
    AclRule(900, True, True, "all", "0.0.0.0/0"),
    AclRule(900, False, True, "all", "0.0.0.0/0"),
)

_IGW = "Enable internet access for a VPC using an internet gateway"
_ROUTES = "Update your route tables for a VPC peering connection"
_REFERENCES = "Update your security groups to reference peer security groups"
_EGRESS_ONLY = "Enable outbound IPv6 traffic using an egress-only internet gateway"
_ACLS = "Control subnet traffic with network access control lists"

SENTENCES: list[tuple[str, str, Description, Question, bool]] = [
    ("no route to the gateway, no internet", _IGW,
     with_table(table("public", "vpc0", TO_PEER)), WEB_80, False),
    ("no public address, no internet", _IGW,
     with_instance("web", public="no"), WEB_80, False),
    ("an Elastic IP makes public", "Elastic IP addresses",
     replace(with_subnet("s0", public_addresses=False),
             instances=with_instance("web", public="elastic").instances), WEB_80, True),
    ("an Elastic IP behind a NAT gateway cannot answer", "NAT gateways",
     replace(with_instance("app", public="elastic"),
             groups=with_rules("app-group", allow("0.0.0.0/0", 80), OUT).groups),
     (INTERNET, "app", "tcp", 80), False),
    ("NAT lets out", "NAT gateways", small(), APP_OUT, True),
    ("NAT lets nobody in", "NAT gateways",
     with_rules("app-group", allow("0.0.0.0/0", 80)), (INTERNET, "app", "tcp", 80), False),
    ("a NAT gateway without a gateway of its own is no way out", "NAT gateways",
     with_table(table("public", "vpc0", TO_PEER)), APP_OUT, False),
    ("the longest prefix wins", "Route tables",
     with_table(table("public", "vpc0", WORLD, Route("0.0.0.0/1", "peering", "pcx0"),
                       Route("128.0.0.0/1", "peering", "pcx0"))), WEB_80, False),
    ("the local route needs no writing", "Route tables",
     with_table(table("private", "vpc0")), WEB_APP, True),
    ("a subnet without a table of its own has the main one", "Subnet route tables",
     with_subnet("s0", route_table=None), WEB_80, False),
    ("a peering without a return route is no way", _ROUTES,
     with_table(table("public", "vpc0", WORLD)), CI_WEB, False),
    ("a peering without a forward route is no way", _ROUTES,
     with_table(table("peer", "vpc1")), CI_WEB, False),
    ("a peering that nobody accepted is no way", "Create a VPC peering connection",
     small(peerings=(Peering("pcx0", "vpc1", "vpc0", False),)), CI_WEB, False),
    ("nobody reaches the internet through the peer's gateway", "VPC peering limitations",
     with_table(table("peer", "vpc1", BACK, Route("0.0.0.0/0", "peering", "pcx0"))),
     ("ci", INTERNET, "tcp", 443), False),
    ("a group stands for its members in the peer too", _REFERENCES,
     small(), CI_WEB, True),
    ("a group does not stand for its members' public addresses", "Security group referencing",
     replace(with_rules("web-group", allow("app-group", 80), OUT),
             instances=with_instance("app", subnet="s0", address="10.0.1.20").instances),
     ("ci", "web", "tcp", 80), False),
    ("several groups allow together", "Security group rules",
     with_instance("app", groups=("app-group", "web-group")), ("web", "app", "tcp", 80), True),
    ("a group without egress rules calls nobody", "Security group rules",
     with_rules("web-group", allow("0.0.0.0/0", 80)), WEB_APP, False),
    ("an answer needs no egress rule", "Amazon EC2 security group connection tracking",
     with_rules("web-group", allow("0.0.0.0/0", 80)), WEB_80, True),
    ("the default group lets its members talk", "Default security groups for your VPCs",
     small(instances=(replace(small().instances[0], groups=()),
                      replace(small().instances[1], groups=()))), ("web", "app", "udp", 80), True),
    ("the default group lets nobody else in", "Default security groups for your VPCs",
     with_instance("web", groups=()), WEB_80, False),
    ("udp is not tcp", "Security group rules",
     with_rules("web-group", allow("0.0.0.0/0", 80, "udp"), OUT), WEB_80, False),
    ("udp gets its answer", "Amazon EC2 security group connection tracking",
     with_rules("web-group", allow("0.0.0.0/0", 80, "udp")), (INTERNET, "web", "udp", 80), True),
    ("a custom ACL without rules denies", "Custom network ACLs for your VPC",
     with_acl("s0"), WEB_80, False),
    ("a custom ACL that allows all allows", "Custom network ACLs for your VPC",
     with_acl("s0", *_ALLOW_ALL), WEB_80, True),
    ("an answer needs the ephemeral ports", "Custom network ACLs for your VPC",
     with_acl("s0", _ALLOW_ALL[1], AclRule(100, True, True, "tcp", "0.0.0.0/0", (0, 1023))),
     WEB_80, False),
    ("the ephemeral ports are enough for an answer", "Custom network ACLs for your VPC",
     with_acl("s0", _ALLOW_ALL[1], AclRule(100, True, True, "tcp", "0.0.0.0/0", (1024, 65535))),
     WEB_80, True),
    ("the lower number decides for deny", "Network ACL rules",
     with_acl("s0", *_ALLOW_ALL, AclRule(10, False, False, "tcp", "0.0.0.0/0", (80, 80))),
     WEB_80, False),
    ("the lower number decides for allow", "Network ACL rules",
     with_acl("s0", *_ALLOW_ALL, AclRule(950, False, False, "tcp", "0.0.0.0/0", (80, 80))),
     WEB_80, True),
    ("an ACL does not look inside its subnet", _ACLS,
     replace(with_instance("app", subnet="s0", address="10.0.1.20"),
             acls=(Acl("acl0", "vpc0", ()),), subnets=with_acl("s0").subnets), WEB_APP, True),
    ("a public address answers its own VPC too, by way of the gateways", _IGW,
     with_acl("s1", *_ALLOW_ALL, AclRule(10, True, False, "all", "10.0.1.0/24")),
     ("app", "web", "tcp", 80), True),
    ("an IPv6 address needs no NAT, in", _IGW, with_ipv6("igw"), WEB_22, True),
    ("an IPv6 address needs no NAT, out", _IGW, with_ipv6("igw"), WEB_OUT, True),
    ("an IPv6 address without a route to a gateway is not public", _IGW,
     with_ipv6(), WEB_22, False),
    ("an egress-only internet gateway lets out", _EGRESS_ONLY,
     with_ipv6("egress-only"), WEB_OUT, True),
    ("an egress-only internet gateway lets nobody in", _EGRESS_ONLY,
     with_ipv6("egress-only"), WEB_22, False),
    ("the NAT gateway's subnet has its ACL obeyed", "NAT gateways",
     with_acl("s0", _ALLOW_ALL[1], AclRule(100, True, True, "tcp", "0.0.0.0/0", (0, 80))),
     APP_OUT, False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("description", "question", "is_open"),
    [pytest.param(*case[2:], id=f"{case[0]} ({case[1]})") for case in SENTENCES],
)
def test_the_network_does_as_aws_documents(
    workers: Workers, description: Description, question: Question, is_open: bool
) -> None:
    seen = workers.observe(description, [question])
    assert seen.states[question] == ("open" if is_open else "closed"), seen.dropped


def test_peering_is_not_transitive(workers: Workers) -> None:
    """ "VPC peering limitations": with every route in place, nothing passes the VPC between."""
    sound = small()
    through = replace(
        sound,
        vpcs=(*sound.vpcs, Vpc("vpc2", "10.2.0.0/16", False)),
        peerings=(*sound.peerings, Peering("pcx1", "vpc1", "vpc2", True)),
        subnets=(*sound.subnets, Subnet("s3", "vpc2", "10.2.1.0/24", "far", None, False)),
        route_tables=(
            table("public", "vpc0", WORLD, Route("10.2.0.0/16", "peering", "pcx0")),
            table("private", "vpc0"),
            table("peer", "vpc1", BACK, Route("10.2.0.0/16", "peering", "pcx1")),
            table("far", "vpc2", Route("10.0.0.0/16", "peering", "pcx1")),
        ),
        groups=(*sound.groups, Group("far-group", "vpc2", (allow("0.0.0.0/0", 80),))),
        instances=(*sound.instances, Instance("far", "s3", "10.2.1.10", ("far-group",))),
    )
    seen = workers.observe(through, [("web", "far", "tcp", 80)])
    assert not seen.open
    assert seen.dropped.get("not_transitive")
