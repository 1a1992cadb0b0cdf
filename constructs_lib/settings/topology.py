"""How the values of an environment file must relate to each other."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations

from constructs_lib.addressing import coverage, reserved_addresses
from constructs_lib.environment import TIERS
from constructs_lib.problems import dotted, literal, nearest
from constructs_lib.quotas import OPERATOR_ADDRESSES
from constructs_lib.settings.draft import Draft, Field, draft_of, table


@dataclass(frozen=True)
class Finding:
    """A field whose value does not fit the others."""

    field: Field
    reason: str
    fix: str


def findings(document: Mapping[str, object]) -> Iterator[Finding]:
    """Every contradiction in a document, whatever else is wrong with it."""
    draft = draft_of(document)
    yield from _vpcs(draft)
    yield from _zones(draft)
    yield from _subnets(draft)
    yield from _nat_gateways(draft)
    yield from _adoption(document, draft)
    yield from _servers(draft)
    yield from _operators(draft)


def _vpcs(draft: Draft) -> Iterator[Finding]:
    for (one, first), (other, second) in combinations(draft.vpcs.items(), 2):
        if first.overlaps(second):
            reason = f'overlaps {dotted(one)} = "{first}", so the VPCs cannot be peered'
            yield Finding(other, reason, "choose CIDRs that share no address")


def _zones(draft: Draft) -> Iterator[Finding]:
    if draft.region is None:
        return
    for place in draft.zones:
        if not re.fullmatch(re.escape(draft.region) + "[a-z]", str(place[-1])):
            reason = f"is no Availability Zone of {draft.region}"
            yield Finding(place, reason, f'name one, such as "{draft.region}a"')


def _subnets(draft: Draft) -> Iterator[Finding]:
    seen: dict[Field, IPv4Network] = {}
    for place, subnet in draft.subnets.items():
        vpc = draft.vpcs.get((place[0], "cidr"))
        if vpc and not subnet.subnet_of(vpc):
            yield Finding(place, f"lies outside its VPC, {vpc}", "choose a CIDR inside it")
        for other, earlier in seen.items():
            if earlier.overlaps(subnet):
                reason = f'overlaps {dotted(other)} = "{earlier}"'
                yield Finding(place, reason, "choose CIDRs that share no address")
                break
        seen[place] = subnet


def _nat_gateways(draft: Draft) -> Iterator[Finding]:
    serves = {
        str(place[-1]): zone.get("nat_gateway", "own")
        for place, zone in draft.zones_of("application").items()
    }
    for zone, server in serves.items():
        place = ("application", "zones", zone, "nat_gateway")
        if not isinstance(server, str) or server == "own":
            continue
        if server == zone:
            yield Finding(place, "is this zone itself", 'write "own"')
        elif server not in serves:
            meant = nearest(server, ["own", *(other for other in serves if other != zone)])
            fix = f"did you mean {literal(meant)}?" if meant else 'write "own" or another zone'
            yield Finding(place, 'is neither "own" nor a zone of the application VPC', fix)
        elif serves[server] != "own":
            reason = "has no NAT gateway of its own, and they cannot be chained"
            yield Finding(place, reason, 'name a zone that has one, or write "own"')


def _adoption(document: Mapping[str, object], draft: Draft) -> Iterator[Finding]:
    seen: dict[str, Field] = {}
    for place, subnet_id in draft.subnet_ids.items():
        other = seen.setdefault(subnet_id, place)
        if other != place:
            yield Finding(place, f"is {dotted(other)} too", "give each zone its own subnet")
    management = table(document, "management")
    if management.get("vpc") != "create":
        return
    zones = draft.zones_of("management").items()
    places: list[Field] = [(*place, "subnet_id") for place, zone in zones if "subnet_id" in zone]
    ids = ("vpc_id", "main_route_table_id")
    places += [("management", key) for key in ids if key in management]
    for place in places:
        reason = 'names what exists, but management.vpc = "create" makes a new one'
        yield Finding(place, reason, 'remove it, or write management.vpc = "adopt"')


def _servers(draft: Draft) -> Iterator[Finding]:
    seen: dict[IPv4Address, Field] = {}
    for place, address in draft.addresses.items():
        yield from _home(draft, place, address)
        other = seen.setdefault(address, place)
        if other != place:
            yield Finding(place, f"is {dotted(other)} too", "give each server its own address")


def _home(draft: Draft, place: Field, address: IPv4Address) -> Iterator[Finding]:
    vpc, tier = TIERS[str(place[1])]
    homes = draft.homes(vpc, tier)
    home = next((subnet for subnet in homes if address in subnet), None)
    if home and address in reserved_addresses(home):
        reason = f"is kept by AWS in {home} for {reserved_addresses(home)[address]}"
        yield Finding(place, reason, f"choose from {home[4]} to {home[-2]}")
    elif homes and not home:
        kind = f"{tier.replace('_', ' ')} of the {vpc} VPC"
        elsewhere = [dotted(other) for other, subnet in draft.subnets.items() if address in subnet]
        reason = f"lies in {elsewhere[0]}, not in a {kind}" if elsewhere else f"lies in no {kind}"
        yield Finding(place, reason, f"choose an address in {' or '.join(map(str, homes[:3]))}")


def _operators(draft: Draft) -> Iterator[Finding]:
    covered = coverage(draft.operators.values())
    if covered > OPERATOR_ADDRESSES:
        reason = f"are {covered} addresses together, more than {OPERATOR_ADDRESSES}"
        yield Finding(("operators",), reason, "name the CIDRs your operators come from")
    for place, network in draft.operators.items():
        for vpc, cidr in draft.vpcs.items():
            if network.overlaps(cidr):
                reason = f'overlaps {dotted(vpc)} = "{cidr}", whose hosts would pass for operators'
                yield Finding(place, reason, "name the CIDRs your operators come from")
