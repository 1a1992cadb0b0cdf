"""Network ACLs and security groups in all the forms that Terraform has for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.reachability.oracle.description import Acl, AclRule, Group, GroupRule
from tests.reachability.oracle.terraform_writer import Document, Writer, group_id, subnet_id, vpc_id

# Terraform wants every argument of a block that is an attribute, so cdktf writes null.
_UNUSED_BY_ACLS: Document = dict.fromkeys(
    ("icmp_code", "icmp_type", "cidr_block", "ipv6_cidr_block")
)


def write_acl(writer: Writer, acl: Acl, members: list[str]) -> None:
    blocks: dict[str, Any] = {}
    if acl.inline:
        for direction, egress in (("ingress", False), ("egress", True)):
            blocks[direction] = [
                {
                    **_UNUSED_BY_ACLS,
                    "rule_no": one.number,
                    "action": _action(one),
                    **_acl_match(one),
                }
                for one in acl.rules
                if one.egress == egress
            ]
    identity = writer.add(
        "aws_network_acl",
        acl.name,
        "acl",
        vpc_id=vpc_id(acl.vpc),
        subnet_ids=[subnet_id(one) for one in members],
        **blocks,
    )
    for rule in () if acl.inline else acl.rules:
        writer.add(
            "aws_network_acl_rule",
            acl.name,
            f"{'out' if rule.egress else 'in'}-{rule.number}",
            network_acl_id=identity,
            rule_number=rule.number,
            rule_action=_action(rule),
            egress=rule.egress,
            **_acl_match(rule),
        )


def _action(rule: AclRule) -> str:
    return "allow" if rule.allow else "deny"


def _acl_match(rule: AclRule) -> dict[str, Any]:
    low, high = (0, 0) if rule.protocol == "all" else rule.ports
    protocol = "-1" if rule.protocol == "all" else rule.protocol
    cidr = {"ipv6_cidr_block" if ":" in rule.cidr else "cidr_block": rule.cidr}
    return {"protocol": protocol, "from_port": low, "to_port": high, **cidr}


def write_group(writer: Writer, group: Group) -> None:
    form = {"inline": _inline, "standalone": _standalone, "legacy": _legacy}[group.written]
    blocks: dict[str, list[Document]] = {}
    add: Callable[..., str] = writer.add
    for number, rule in enumerate(group.rules):
        form(add, group, rule, number, blocks)
    writer.add("aws_security_group", group.name, "group", vpc_id=vpc_id(group.vpc), **blocks)


def _direction(rule: GroupRule) -> str:
    return "egress" if rule.egress else "ingress"


def _ports(rule: GroupRule) -> dict[str, Any]:
    """ "-1" goes with ports 0 to 0 in the old forms."""
    low, high = (0, 0) if rule.protocol == "all" else rule.ports
    protocol = "-1" if rule.protocol == "all" else rule.protocol
    return {"protocol": protocol, "from_port": low, "to_port": high}


def _inline(
    _add: Callable[..., str], group: Group, rule: GroupRule, _number: int, blocks: Document
) -> None:
    peers: dict[str, Any] = {"security_groups": None, "self": None, **_cidr_blocks(rule)}
    if rule.by_group:
        itself = rule.peer == group.name
        peers |= {"security_groups": None if itself else [group_id(rule.peer)]}
        peers |= {"self": itself or None}
    unused = {"prefix_list_ids": None, "description": "drawn"}
    blocks.setdefault(_direction(rule), []).append({**_ports(rule), **peers, **unused})


def _cidr_blocks(rule: GroupRule) -> dict[str, list[str] | None]:
    of_ipv6 = ":" in rule.peer
    return {
        "cidr_blocks": None if rule.by_group or of_ipv6 else [rule.peer],
        "ipv6_cidr_blocks": [rule.peer] if of_ipv6 else None,
    }


def _legacy(
    add: Callable[..., str], group: Group, rule: GroupRule, number: int, _blocks: Document
) -> None:
    itself = rule.by_group and rule.peer == group.name
    add(
        "aws_security_group_rule",
        group.name,
        f"rule-{number}",
        type=_direction(rule),
        security_group_id=group_id(group.name),
        **_cidr_blocks(rule),
        source_security_group_id=group_id(rule.peer) if rule.by_group and not itself else None,
        self=True if itself else None,
        **_ports(rule),
    )


def _standalone(
    add: Callable[..., str], group: Group, rule: GroupRule, number: int, _blocks: Document
) -> None:
    every = rule.protocol == "all"
    add(
        f"aws_vpc_security_group_{_direction(rule)}_rule",
        group.name,
        f"rule-{number}",
        security_group_id=group_id(group.name),
        ip_protocol="-1" if every else rule.protocol,
        from_port=None if every else rule.ports[0],
        to_port=None if every else rule.ports[1],
        cidr_ipv4=None if rule.by_group or ":" in rule.peer else rule.peer,
        cidr_ipv6=rule.peer if ":" in rule.peer else None,
        referenced_security_group_id=group_id(rule.peer) if rule.by_group else None,
    )
