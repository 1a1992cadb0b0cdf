"""Environment files for tests: sound ones, and sound ones with one constraint violated.

Every CIDR and address here comes from integer arithmetic, so that what is sound is so by
construction and no rule of the code under test decides it.
"""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Document = dict[str, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]

REGIONS = ("us-east-1", "eu-west-3", "ap-southeast-2", "us-gov-west-1", "mx-central-1")
TERRITORIES = ((10 << 24, 9), ((10 << 24) + (128 << 16), 9), (0xAC100000, 12), (0xC0A80000, 16))
PUBLIC_FIRST_OCTETS = (11, 62, 99, 128, 168, 173, 191, 193, 203, 223)
ROLES = {
    "web": ("application", "public_subnet"),
    "app": ("application", "private_subnet"),
    "jenkins": ("management", "public_subnet"),
    "monitoring": ("management", "public_subnet"),
}


def dotted_quad(number: int) -> str:
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def cidr(base: int, length: int) -> str:
    return f"{dotted_quad(base)}/{length}"


def parsed(written: str) -> tuple[int, int]:
    """`10.0.0.0/8` as its base and its length; the length of an address is 32."""
    base, _, length = written.partition("/")
    number = 0
    for octet in base.split("."):
        number = number * 256 + int(octet)
    return number, int(length or 32)


def toml(document: Document) -> str:
    """The document as TOML text, values before tables."""
    return "\n".join(_lines(document, "")) + "\n"


def _lines(table: Document, path: str) -> list[str]:
    values = {key: value for key, value in table.items() if not isinstance(value, dict)}
    lines = [f"{_text(key)} = {_value(value)}" for key, value in values.items()]
    for key in (key for key in table if key not in values):
        inner = f"{path}.{_text(key)}" if path else _text(key)
        lines += [f"[{inner}]", *_lines(table[key], inner)]
    return lines


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(key)} = {_value(one)}" for key, one in value.items()) + "}"
    return str(value).lower()


@st.composite
def _vpc(draw: Draw, territory: tuple[int, int], tiers: int) -> tuple[str, list[str]]:
    """A VPC's CIDR and `tiers` subnets of it that share no address, of mixed sizes."""
    start, start_length = territory
    length = draw(st.integers(max(16, start_length), 24))
    base = start + (draw(st.integers(0, 2 ** (length - start_length) - 1)) << (32 - length))
    slot_length = draw(st.integers(length + (tiers - 1).bit_length(), 28))
    slots = draw(
        st.lists(
            st.integers(0, 2 ** (slot_length - length) - 1),
            min_size=tiers,
            max_size=tiers,
            unique=True,
        )
    )
    subnets = []
    for slot in slots:
        subnet_length = draw(st.integers(slot_length, 28))
        offset = draw(st.integers(0, 2 ** (subnet_length - slot_length) - 1))
        place = base + (slot << (32 - slot_length)) + (offset << (32 - subnet_length))
        subnets.append(cidr(place, subnet_length))
    return cidr(base, length), subnets


def _resource_ids(prefix: str) -> st.SearchStrategy[str]:
    digits = st.one_of(*(st.text("0123456789abcdef", min_size=n, max_size=n) for n in (8, 17)))
    return digits.map(lambda text: f"{prefix}-{text}")


@st.composite
def _operators(draw: Draw) -> list[str]:
    operators = []
    for _ in range(draw(st.sampled_from((1, 2, 3, 19)))):
        length = draw(st.integers(16, 32))
        first = draw(st.sampled_from(PUBLIC_FIRST_OCTETS)) << 24
        index = draw(st.integers(0, 2 ** (length - 8) - 1))
        operators.append(cidr(first + (index << (32 - length)), length))
    return operators


@st.composite
def sound_documents(draw: Draw) -> Document:
    """Documents of environment files that must load."""
    region = draw(st.sampled_from(REGIONS))
    territories = draw(st.permutations(TERRITORIES))
    letters = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3, unique=True)
    application = [region + letter for letter in draw(letters)]
    management = [region + letter for letter in draw(letters)]
    cidr_a, subnets_a = draw(_vpc(territories[0], 2 * len(application)))
    cidr_m, subnets_m = draw(_vpc(territories[1], len(management)))
    document: Document = {
        "project": draw(st.from_regex(r"[b-r][a-z0-9]{0,8}(-[a-z0-9]{1,6}){0,2}", fullmatch=True)),
        "region": region,
        "operators": draw(_operators()),
        "flow_log_retention_days": draw(st.sampled_from((1, 30, 365, 3653))),
        "microblog": {
            "repository": draw(
                st.sampled_from(
                    (
                        "https://github.com/miguelgrinberg/microblog.git",
                        "https://git.example.org:8443/~team/micro_blog",
                    )
                )
            ),
            "revision": draw(
                st.sampled_from(("v0.23", "main", "feature/login", "v1.0+build.7"))
                | st.text("0123456789abcdef", min_size=40, max_size=40)
            ),
        },
        "application": {
            "cidr": cidr_a,
            "zones": {
                zone: {"public_subnet": subnets_a[2 * i], "private_subnet": subnets_a[2 * i + 1]}
                for i, zone in enumerate(application)
            },
        },
        "management": {
            "vpc": draw(st.sampled_from(("create", "adopt"))),
            "cidr": cidr_m,
            "zones": {
                zone: {"public_subnet": subnet}
                for zone, subnet in zip(management, subnets_m, strict=True)
            },
        },
        "servers": {},
    }
    for zone in application[1:]:
        if draw(st.booleans()):
            served_by = draw(st.sampled_from(("own", application[0])))
            document["application"]["zones"][zone]["nat_gateway"] = served_by
    if document["management"]["vpc"] == "adopt" and draw(st.booleans()):
        document["management"]["vpc_id"] = draw(_resource_ids("vpc"))
        document["management"]["main_route_table_id"] = draw(_resource_ids("rtb"))
        for index, zone in enumerate(management):
            subnet_id = draw(_resource_ids("subnet"))[:-1] + str(index)
            document["management"]["zones"][zone]["subnet_id"] = subnet_id
    taken: set[int] = set()
    for role, (vpc, tier) in ROLES.items():
        zones = document[vpc]["zones"]
        base, length = parsed(zones[draw(st.sampled_from(sorted(zones)))][tier])
        # five hosts of every subnet are AWS's; at most two servers share one, so one is free
        hosts = st.integers(base + 4, base + 2 ** (32 - length) - 2)
        address = draw(hosts.filter(lambda number: number not in taken))
        taken.add(address)
        document["servers"][role] = {
            "instance_type": draw(st.sampled_from(("t3.micro", "m7i-flex.large", "c5d.metal"))),
            "address": dotted_quad(address),
            "root_volume_gib": draw(st.integers(8, 16384)),
            "on_user_data_change": draw(st.sampled_from(("replace", "in_place", "ignore"))),
        }
    if draw(st.booleans()):
        document["image"] = draw(_resource_ids("ami"))
    if draw(st.booleans()):
        document["alarms"] = {"email": draw(st.sampled_from(("a@b.example", "o'k+dev@x-y.co.uk")))}
    if draw(st.booleans()):
        document["state"] = {"bucket": draw(st.sampled_from(("a1b", "my.state-1", "s" * 63)))}
    return document


def sound_environments() -> st.SearchStrategy[str]:
    """TOML text of environment files that must load."""
    return sound_documents().map(toml)
