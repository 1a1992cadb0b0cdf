"""The synthesised rules are the flow matrix: nothing missing, nothing more."""

from __future__ import annotations

from typing import Any

from tests.synthesised import of_type

SERVERS = ("web", "app", "jenkins", "monitoring")
TIME = "169.254.169.123/32"
RESOLVERS = {
    "web": "10.0.0.2/32",
    "app": "10.0.0.2/32",
    "jenkins": "172.31.0.2/32",
    "monitoring": "172.31.0.2/32",
}

# Written from the design's table, not from the code: (who opens, who answers, port).
BETWEEN_SERVERS = {
    ("jenkins", "web", 22),
    ("web", "app", 5000),
    ("web", "app", 22),
    ("monitoring", "web", 80),
    ("monitoring", "web", 3903),
    ("monitoring", "web", 9100),
    ("monitoring", "web", 9113),
    ("monitoring", "app", 9100),
    ("monitoring", "app", 9102),
    ("monitoring", "jenkins", 9100),
}
FROM_OPERATORS = {
    ("web", 22),
    ("jenkins", 22),
    ("jenkins", 80),
    ("jenkins", 8080),
    ("monitoring", 9090),
    ("monitoring", 3000),
}


def opened(dev: dict[str, Any], side: str) -> set[tuple[str, str, str, int]]:
    """(own group, other end, protocol, port) of every rule of a side."""
    rules = of_type(dev, f"aws_vpc_security_group_{side}_rule").values()
    found = [
        (
            _group(rule["security_group_id"]),
            _group(rule.get("referenced_security_group_id", ""))
            or rule.get("cidr_ipv4")
            or rule["prefix_list_id"].split(".")[1],
            rule["ip_protocol"],
            rule["from_port"],
        )
        for rule in rules
    ]
    assert len(found) == len(set(found))
    return set(found)


def _group(reference: str) -> str:
    return reference.partition("security-groups_")[2].removesuffix(".id}")


def test_ingress_is_the_matrix(dev: dict[str, Any]) -> None:
    operators = "security-groups_operators"
    assert opened(dev, "ingress") == (
        {("web", "0.0.0.0/0", "tcp", 80)}
        | {(answers, opens, "tcp", port) for opens, answers, port in BETWEEN_SERVERS}
        | {(answers, operators, "tcp", port) for answers, port in FROM_OPERATORS}
    )


def test_egress_is_the_matrix(dev: dict[str, Any]) -> None:
    between = {(opens, answers, "tcp", port) for opens, answers, port in BETWEEN_SERVERS}
    everywhere = {
        rule
        for server in SERVERS
        for rule in (
            (server, "0.0.0.0/0", "tcp", 443),
            (server, "0.0.0.0/0", "tcp", 80),
            (server, RESOLVERS[server], "udp", 53),
            (server, RESOLVERS[server], "tcp", 53),
            (server, TIME, "udp", 123),
        )
    }
    assert opened(dev, "egress") == between | everywhere


def test_every_rule_opens_one_port_and_says_why(dev: dict[str, Any]) -> None:
    for side in ("ingress", "egress"):
        for path, rule in of_type(dev, f"aws_vpc_security_group_{side}_rule").items():
            assert rule["from_port"] == rule["to_port"]
            assert len(rule["description"]) > 10
            assert rule["tags"]["Name"] == path.rpartition("/")[2]


def test_a_rule_names_one_source(dev: dict[str, Any]) -> None:
    sources = {"cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"}
    for side in ("ingress", "egress"):
        for rule in of_type(dev, f"aws_vpc_security_group_{side}_rule").values():
            assert len(sources & rule.keys()) == 1


def test_groups_have_no_rules_of_their_own(dev: dict[str, Any]) -> None:
    for group in of_type(dev, "aws_security_group").values():
        assert not {"ingress", "egress"} & group.keys()


def test_rules_to_a_group_of_the_peer_wait_for_the_peering(dev: dict[str, Any]) -> None:
    waiting = {
        path.rpartition("/")[2]
        for side in ("ingress", "egress")
        for path, rule in of_type(dev, f"aws_vpc_security_group_{side}_rule").items()
        if "aws_vpc_peering_connection.peering_connection" in rule.get("depends_on", [])
    }
    assert waiting == {
        "jenkins-to-web-tcp-22",
        *(f"monitoring-to-web-tcp-{port}" for port in (80, 3903, 9100, 9113)),
        "monitoring-to-app-tcp-9100",
        "monitoring-to-app-tcp-9102",
    }


def test_operators_are_the_configured_addresses(dev: dict[str, Any]) -> None:
    (operators,) = of_type(dev, "aws_ec2_managed_prefix_list").values()
    assert [entry["cidr"] for entry in operators["entry"]] == ["203.0.113.0/24"]
    assert operators["max_entries"] == 1
