"""Single mistakes in the Terraform half alone: a model that reads them must disagree somewhere."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from tests.reachability.oracle.terraform_writer import Document

_RULES = (
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
    "aws_security_group_rule",
)


def _drop(document: Document, *types: str, unless: str = "") -> Iterator[Document]:
    """One mutant for each resource of these types, without it; those named `unless…` stay."""
    for type_ in types:
        for name in document["resource"].get(type_, {}):
            if not (unless and name.startswith(unless)):
                mutant = copy.deepcopy(document)
                del mutant["resource"][type_][name]
                yield mutant


def _change(
    document: Document, types: tuple[str, ...], change: Callable[[dict[str, Any]], bool]
) -> Iterator[Document]:
    """One mutant for each resource of these types that `change` says it has changed."""
    for type_ in types:
        for name in document["resource"].get(type_, {}):
            mutant = copy.deepcopy(document)
            if change(mutant["resource"][type_][name]):
                yield mutant


def _turn_action(rule: dict[str, Any]) -> bool:
    rule["rule_action"] = "deny" if rule["rule_action"] == "allow" else "allow"
    return True


def _widen(rule: dict[str, Any]) -> bool:
    if rule.get("cidr_ipv4") not in (None, "0.0.0.0/0"):
        rule["cidr_ipv4"] = "0.0.0.0/0"
        return True
    return False


def _turn_acceptance(peering: dict[str, Any]) -> bool:
    peering["auto_accept"] = not peering["auto_accept"]
    return True


def _turn_public_address(instance: dict[str, Any]) -> bool:
    asked: bool | None = instance.get("associate_public_ip_address")
    instance["associate_public_ip_address"] = asked is False
    return True


def _next_port(rule: dict[str, Any]) -> bool:
    if rule.get("from_port") and rule["from_port"] == rule["to_port"]:
        rule["from_port"] = rule["to_port"] = rule["from_port"] + 1
        return True
    return False


KINDS: dict[str, Callable[[Document], Iterator[Document]]] = {
    "a group's rule is lost": lambda document: _drop(document, *_RULES),
    "a rule is open to the world": lambda document: _change(document, _RULES, _widen),
    "a rule has the port beside": lambda document: _change(document, _RULES, _next_port),
    "a route is lost": lambda document: _drop(document, "aws_route"),
    "a subnet loses its route table": lambda document: _drop(
        document, "aws_route_table_association"
    ),
    "an ACL is lost": lambda document: _drop(document, "aws_network_acl"),
    "an ACL entry is lost": lambda document: _drop(document, "aws_network_acl_rule"),
    "an ACL entry does the contrary": lambda document: _change(
        document, ("aws_network_acl_rule",), _turn_action
    ),
    "an instance's Elastic IP is lost": lambda document: _drop(
        document, "aws_eip", "aws_eip_association", unless="nat-"
    ),
    "a public address is turned": lambda document: _change(
        document, ("aws_instance",), _turn_public_address
    ),
    "a peering's acceptance is turned": lambda document: _change(
        document, ("aws_vpc_peering_connection",), _turn_acceptance
    ),
}
