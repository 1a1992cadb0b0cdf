"""How the values of an environment file must relate to each other.

It judges whatever has the right form, so that one wrong value does not hide the other mistakes.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations
from typing import TypeVar

from pydantic_core import PydanticCustomError

from constructs_lib import formats
from constructs_lib.addressing import contains, coverage, reserved_addresses
from constructs_lib.environment import TIERS
from constructs_lib.problems import dotted, literal, nearest
from constructs_lib.quotas import OPERATOR_ADDRESSES

Field = tuple[str | int, ...]
T = TypeVar("T")


@dataclass(frozen=True)
class Finding:
    """A field whose value does not fit the others."""

    field: Field
    reason: str
    fix: str


@dataclass
class _Draft:
    """The values of the right form, each by its field."""

    document: Mapping[str, object]
    region: str | None = None
    zones: dict[Field, Mapping[str, object]] = field(default_factory=dict)
    vpcs: dict[Field, IPv4Network] = field(default_factory=dict)
    subnets: dict[Field, IPv4Network] = field(default_factory=dict)
    addresses: dict[Field, IPv4Address] = field(default_factory=dict)
    operators: dict[Field, IPv4Network] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.region = _read(formats.region, self.document.get("region"))
        for vpc in dict.fromkeys(vpc for vpc, _ in TIERS.values()):
            written = _table(self.document.get(vpc))
            _keep(self.vpcs, (vpc, "cidr"), formats.block, written.get("cidr"))
            for name, zone in _table(written.get("zones")).items():
                self.zones[vpc, "zones", name] = _table(zone)
        for vpc, tier in dict.fromkeys(TIERS.values()):
            for place, zone in self.zones_of(vpc).items():
                _keep(self.subnets, (*place, tier), formats.block, zone.get(tier))
        servers = _table(self.document.get("servers"))
        for role in TIERS:
            value = _table(servers.get(role)).get("address")
            _keep(self.addresses, ("servers", role, "address"), formats.address, value)
        operators = self.document.get("operators")
        for index, value in enumerate(operators if isinstance(operators, list) else ()):
            _keep(self.operators, ("operators", index), formats.operator_network, value)

    def zones_of(self, vpc: str) -> dict[Field, Mapping[str, object]]:
        return {place: zone for place, zone in self.zones.items() if place[0] == vpc}


def _read(form: Callable[[object], T], value: object) -> T | None:
    try:
        return form(value)
    except PydanticCustomError:
        return None


def _keep(values: dict[Field, T], place: Field, form: Callable[[object], T], value: object) -> None:
    found = _read(form, value)
    if found is not None:
        values[place] = found


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def findings(document: Mapping[str, object]) -> Iterator[Finding]:
    """Every contradiction in a document, whatever else is wrong with it."""
    draft = _Draft(document)
    yield from _vpcs(draft)
    yield from _zones(draft)
    yield from _subnets(draft)
    yield from _nat_gateways(draft)
    yield from _adoption(draft)
    yield from _servers(draft)
    yield from _operators(draft)


def _vpcs(draft: _Draft) -> Iterator[Finding]:
    for (one, first), (other, second) in combinations(draft.vpcs.items(), 2):
        if first.overlaps(second):
            reason = f'overlaps {dotted(one)} = "{first}", so the VPCs cannot be peered'
            yield Finding(other, reason, "choose CIDRs that share no address")


def _zones(draft: _Draft) -> Iterator[Finding]:
    if draft.region is None:
        return
    for place in draft.zones:
        if not re.fullmatch(re.escape(draft.region) + "[a-z]", str(place[-1])):
            reason = f"is no Availability Zone of {draft.region}"
            yield Finding(place, reason, f'write it such as "{draft.region}a"')


def _subnets(draft: _Draft) -> Iterator[Finding]:
    seen: dict[Field, IPv4Network] = {}
    for place, subnet in draft.subnets.items():
        vpc = draft.vpcs.get((place[0], "cidr"))
        if vpc and not contains(vpc, subnet):
            yield Finding(place, f"lies outside its VPC, {vpc}", "choose a CIDR inside it")
        for other, earlier in seen.items():
            if other[0] == place[0] and earlier.overlaps(subnet):
                reason = f'overlaps {dotted(other)} = "{earlier}"'
                yield Finding(place, reason, "choose CIDRs that share no address")
                break
        seen[place] = subnet


def _nat_gateways(draft: _Draft) -> Iterator[Finding]:
    zones = {str(place[-1]): zone for place, zone in draft.zones_of("application").items()}
    for name, zone in zones.items():
        served_by = zone.get("nat_gateway", "own")
        place = ("application", "zones", name, "nat_gateway")
        if not isinstance(served_by, str) or served_by == "own":
            continue
        if served_by == name:
            yield Finding(place, "is this zone itself", 'write "own"')
        elif served_by not in zones:
            meant = nearest(served_by, ("own", *sorted(zones.keys() - {name}))) or "own"
            reason = 'is neither "own" nor a zone of the application VPC'
            yield Finding(place, reason, f"did you mean {literal(meant)}?")
        elif zones[served_by].get("nat_gateway", "own") != "own":
            reason = "has no NAT gateway of its own, and a NAT gateway cannot serve another's"
            yield Finding(place, reason, 'name a zone whose nat_gateway is "own", or write "own"')


def _adoption(draft: _Draft) -> Iterator[Finding]:
    management = _table(draft.document.get("management"))
    ids: list[Field] = [("management", "vpc_id"), ("management", "main_route_table_id")]
    ids = [place for place in ids if place[-1] in management]
    subnet_ids: dict[object, Field] = {}
    for zone_place, zone in draft.zones_of("management").items():
        if "subnet_id" not in zone:
            continue
        place = (*zone_place, "subnet_id")
        ids.append(place)
        other = subnet_ids.setdefault(repr(zone["subnet_id"]), place)
        if other != place:
            reason = f"is {dotted(other)} too"
            yield Finding(place, reason, "name each zone's own subnet")
    if management.get("vpc") == "create":
        for place in ids:
            reason = "names what exists, but management.vpc creates a VPC"
            yield Finding(place, reason, 'remove it, or write management.vpc = "adopt"')


def _servers(draft: _Draft) -> Iterator[Finding]:
    seen: dict[IPv4Address, Field] = {}
    for place, address in draft.addresses.items():
        vpc, tier = TIERS[str(place[1])]
        homes = [
            draft.subnets[*zone, tier]
            for zone in draft.zones_of(vpc)
            if (*zone, tier) in draft.subnets
        ]
        if homes and len(homes) == len(draft.zones_of(vpc)):
            yield from _home(
                draft, place, address, homes, f"{tier.replace('_', ' ')} of the {vpc} VPC"
            )
        if address in seen:
            reason = f"is {dotted(seen[address])} too"
            yield Finding(place, reason, "give each server its own")
        seen.setdefault(address, place)


def _home(
    draft: _Draft, place: Field, address: IPv4Address, homes: list[IPv4Network], tier: str
) -> Iterator[Finding]:
    home = next((subnet for subnet in homes if address in subnet), None)
    if home is None:
        elsewhere = (dotted(other) for other, net in draft.subnets.items() if address in net)
        where = next(elsewhere, None)
        reason = f"lies in {where}, not in a {tier}" if where else f"lies in no {tier}"
        yield Finding(place, reason, f"choose an address in {' or '.join(map(str, homes[:3]))}")
    elif address in reserved_addresses(home):
        reason = f"is kept by AWS in {home} for {reserved_addresses(home)[address]}"
        yield Finding(place, reason, f"choose from {home[4]} to {home[-2]}")


def _operators(draft: _Draft) -> Iterator[Finding]:
    if coverage(draft.operators.values()) > OPERATOR_ADDRESSES:
        reason = f"are more than {OPERATOR_ADDRESSES} addresses together"
        yield Finding(("operators",), reason, "name the CIDRs your operators come from")
    for place, network in draft.operators.items():
        for vpc, cidr in draft.vpcs.items():
            if network.overlaps(cidr):
                reason = f'overlaps {dotted(vpc)} = "{cidr}", whose hosts would pass for operators'
                yield Finding(place, reason, "name the addresses people come from")
