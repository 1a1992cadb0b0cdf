"""The words of nftables, and the causes under which drops are counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

CAUSES = (
    "no_route",
    "no_return_route",
    "peering_pending",
    "acl_egress",
    "acl_ingress",
    "acl_return",
    "group_egress",
    "group_ingress",
    "no_public_address",
    "not_transitive",
    "unsolicited_at_nat",
    "nat_to_peering",
    "egress_only",
)


def family_of(address: str) -> str:
    """The word for the family of an address or CIDR."""
    return "ip6" if ":" in address else "ip"


def set_of(members: Iterable[str]) -> str:
    texts = [f'"{one}"' if one[0].isalpha() and ":" not in one else one for one in members]
    return "{ " + ", ".join(texts) + " }" if texts else ""


def map_of(pairs: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{key} : {value}" for key, value in pairs.items()) + " }"


def forward_chain(rules: Iterable[str]) -> str:
    return chain("forward", rules, "filter", "filter")


def chain(name: str, rules: Iterable[str], kind: str = "", priority: str = "") -> str:
    policy = "; policy drop" if kind == "filter" else ""
    head = f"type {kind} hook {name} priority {priority}{policy};" if kind else ""
    return "\n".join([f"chain {name} {{", head, *rules, "}"])


def table(*chains: str, family: str = "ip") -> str:
    counters = [f"counter {cause} {{ }}" for cause in CAUSES]
    return "\n".join([f"table {family} oracle {{", *counters, *chains, "}"])
