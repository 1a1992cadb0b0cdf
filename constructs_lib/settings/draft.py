"""What of a document has the right form, whatever is wrong with the rest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TypeVar

from pydantic_core import PydanticCustomError

from constructs_lib.environment import TIERS
from constructs_lib.formats import addresses, aws

Field = tuple[str | int, ...]
"""Where a value stands: the keys and indices that lead to it."""

T = TypeVar("T")


@dataclass(frozen=True)
class Draft:
    """The values that relate to each other, by field; those of a wrong form are left out."""

    region: str | None
    zones: Mapping[Field, Mapping[str, object]]
    vpcs: Mapping[Field, IPv4Network]
    subnets: Mapping[Field, IPv4Network]
    subnet_ids: Mapping[Field, str]
    addresses: Mapping[Field, IPv4Address]
    operators: Mapping[Field, IPv4Network]

    def zones_of(self, vpc: str) -> dict[Field, Mapping[str, object]]:
        """The zones of one VPC, as they are written."""
        return {place: zone for place, zone in self.zones.items() if place[0] == vpc}

    def homes(self, vpc: str, tier: str) -> list[IPv4Network]:
        """The subnets of a tier; none if one of them is unknown, for it might be the home."""
        homes = [self.subnets.get((*zone, tier)) for zone in self.zones_of(vpc)]
        return [] if None in homes else [home for home in homes if home]


def draft_of(document: Mapping[str, object]) -> Draft:
    """The draft of any document."""
    vpcs = {vpc: table(document, vpc) for vpc, _ in TIERS.values()}
    zones: dict[Field, Mapping[str, object]] = {
        (vpc, "zones", name): table(table(written, "zones"), name)
        for vpc, written in vpcs.items()
        for name in table(written, "zones")
    }
    subnets: dict[Field, object] = {
        (*place, tier): zone.get(tier)
        for place, zone in zones.items()
        for vpc, tier in TIERS.values()
        if vpc == place[0]
    }
    servers = table(document, "servers")
    operators = document.get("operators")
    return Draft(
        region=_sound({(): document.get("region")}, aws.region).get(()),
        zones=zones,
        vpcs=_sound({(vpc, "cidr"): vpcs[vpc].get("cidr") for vpc in vpcs}, addresses.block),
        subnets=_sound(subnets, addresses.block),
        subnet_ids=_sound(
            {(*place, "subnet_id"): zone.get("subnet_id") for place, zone in zones.items()},
            aws.subnet_id,
        ),
        addresses=_sound(
            {("servers", role, "address"): table(servers, role).get("address") for role in TIERS},
            addresses.address,
        ),
        operators=_sound(
            {
                ("operators", index): value
                for index, value in enumerate(operators if isinstance(operators, list) else ())
            },
            addresses.operator_network,
        ),
    )


def table(parent: Mapping[str, object], key: str) -> Mapping[str, object]:
    """The table under the key; an empty one if there is none."""
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def _sound(values: Mapping[Field, object], form: Callable[[object], T]) -> dict[Field, T]:
    sound = {}
    for place, value in values.items():
        try:
            sound[place] = form(value)
        except PydanticCustomError:
            continue
    return sound
