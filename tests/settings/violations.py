"""Ways to break a sound document: each changes one thing and names the field it made wrong."""

from collections.abc import Callable

from hypothesis import strategies as st

from tests.settings.environments import ROLES, Document, Draw, cidr, dotted_quad, parsed

Violation = Callable[[Draw, Document], str]


def _zone(draw: Draw, document: Document, vpc: str) -> str:
    return draw(st.sampled_from(sorted(document[vpc]["zones"])))


def _vpc(draw: Draw) -> str:
    return draw(st.sampled_from(("application", "management")))


def a_vpc_with_host_bits(draw: Draw, document: Document) -> str:
    vpc = _vpc(draw)
    base, length = parsed(document[vpc]["cidr"])
    document[vpc]["cidr"] = cidr(base + draw(st.integers(1, 2 ** (32 - length) - 1)), length)
    return f"{vpc}.cidr"


def a_vpc_larger_than_aws_allows(draw: Draw, document: Document) -> str:
    vpc = _vpc(draw)
    base, length = parsed(document[vpc]["cidr"])[0], draw(st.integers(9, 15))
    document[vpc]["cidr"] = cidr(base >> (32 - length) << (32 - length), length)
    return f"{vpc}.cidr"


def a_subnet_smaller_than_aws_allows(draw: Draw, document: Document) -> str:
    vpc = _vpc(draw)
    zone = _zone(draw, document, vpc)
    base = parsed(document[vpc]["zones"][zone]["public_subnet"])[0]
    document[vpc]["zones"][zone]["public_subnet"] = cidr(base, draw(st.integers(29, 32)))
    return f"{vpc}.zones.{zone}.public_subnet"


def a_public_vpc(draw: Draw, document: Document) -> str:
    vpc = _vpc(draw)
    document[vpc]["cidr"] = cidr(draw(st.integers(11, 99)) << 24, 16)
    return f"{vpc}.cidr"


def a_subnet_outside_its_vpc(draw: Draw, document: Document) -> str:
    vpc = _vpc(draw)
    zone = _zone(draw, document, vpc)
    base, length = parsed(document[vpc]["cidr"])
    beyond = base + 2 ** (32 - length) if draw(st.booleans()) else base - 2 ** (32 - 28)
    document[vpc]["zones"][zone]["public_subnet"] = cidr(beyond, 28)
    return f"{vpc}.zones.{zone}.public_subnet"


def a_subnet_larger_than_its_vpc(draw: Draw, document: Document) -> str:
    vpc = _vpc(draw)
    zone = _zone(draw, document, vpc)
    base, length = parsed(document[vpc]["cidr"])
    document[vpc]["cidr"] = cidr(base, length + 1)
    document[vpc]["zones"][zone]["public_subnet"] = cidr(base, length)
    return f"{vpc}.zones.{zone}.public_subnet"


def two_subnets_that_overlap(draw: Draw, document: Document) -> str:
    zone = _zone(draw, document, "application")
    subnets = document["application"]["zones"][zone]
    base, length = parsed(subnets["public_subnet"])
    subnets["private_subnet"] = cidr(base, draw(st.integers(length, 28)))
    return f"application.zones.{zone}.private_subnet"


def two_vpcs_that_overlap(draw: Draw, document: Document) -> str:
    base, length = parsed(document["application"]["cidr"])
    document["management"]["cidr"] = cidr(base, draw(st.integers(length, 28)))
    return "management.cidr"


def an_address_that_aws_keeps(draw: Draw, document: Document) -> str:
    role = draw(st.sampled_from(sorted(ROLES)))
    vpc, tier = ROLES[role]
    zones = document[vpc]["zones"]
    base, length = parsed(zones[_zone(draw, document, vpc)][tier])
    kept = draw(st.sampled_from((0, 1, 2, 3, 2 ** (32 - length) - 1)))
    document["servers"][role]["address"] = dotted_quad(base + kept)
    return f"servers.{role}.address"


def an_address_in_another_tier(draw: Draw, document: Document) -> str:
    role, other = draw(st.sampled_from((("web", "app"), ("app", "jenkins"), ("jenkins", "web"))))
    number = parsed(document["servers"][other]["address"])[0]
    document["servers"][role]["address"] = dotted_quad(number)
    return f"servers.{role}.address"


def an_address_in_no_subnet(draw: Draw, document: Document) -> str:
    role = draw(st.sampled_from(sorted(ROLES)))
    document["servers"][role]["address"] = dotted_quad(draw(st.integers(0, (10 << 24) - 1)))
    return f"servers.{role}.address"


def the_same_address_twice(draw: Draw, document: Document) -> str:
    document["servers"]["monitoring"]["address"] = document["servers"]["jenkins"]["address"]
    return "servers.monitoring.address"


def a_zone_of_another_region(draw: Draw, document: Document) -> str:
    vpc = _vpc(draw)
    zone = _zone(draw, document, vpc)
    other = draw(st.sampled_from(("eu-central-1a", document["region"], zone + "a", "use1-az1")))
    document[vpc]["zones"][other] = document[vpc]["zones"].pop(zone)
    return f"{vpc}.zones.{other}"


def operators_that_are_the_world(draw: Draw, document: Document) -> str:
    document["operators"] = ["0.0.0.0/0"]
    return "operators[0]"


def operators_that_are_half_the_world(draw: Draw, document: Document) -> str:
    base, length = draw(st.sampled_from(((0, 1), (128 << 24, 1), (64 << 24, 2), (62 << 24, 7))))
    document["operators"][0] = cidr(base, length)
    return "operators[0]"


def operators_that_are_too_many_addresses(draw: Draw, document: Document) -> str:
    document["operators"] = [cidr(octet << 24, 8) for octet in (16, 17)]
    return "operators"


def operators_inside_a_vpc(draw: Draw, document: Document) -> str:
    base, length = parsed(document[_vpc(draw)]["cidr"])
    document["operators"] = [cidr(base, draw(st.integers(length, 32)))]
    return "operators[0]"


def operators_nobody_can_be(draw: Draw, document: Document) -> str:
    octet = draw(st.sampled_from((0, 127, 224, 239, 240, 255)))
    document["operators"] = [cidr((octet << 24) + (1 << 16), 24)]
    return "operators[0]"


def no_operators(draw: Draw, document: Document) -> str:
    document["operators"] = []
    return "operators"


def more_operators_than_a_security_group_holds(draw: Draw, document: Document) -> str:
    count = draw(st.integers(21, 60))
    document["operators"] = [cidr((62 << 24) + number, 32) for number in range(count)]
    return "operators"


def a_nat_gateway_that_is_not_there(draw: Draw, document: Document) -> str:
    zone = _zone(draw, document, "application")
    other = draw(st.sampled_from(("shared", "us-east-1z", zone, "")))
    document["application"]["zones"][zone]["nat_gateway"] = other
    return f"application.zones.{zone}.nat_gateway"


def nat_gateways_in_a_ring(draw: Draw, document: Document) -> str:
    zones = document["application"]["zones"]
    first = next(iter(zones))
    other = document["region"] + "z"
    zones[other] = {**zones[first], "nat_gateway": first}
    zones[first]["nat_gateway"] = other
    return f"application.zones.{other}.nat_gateway"


def ids_of_a_vpc_to_be_created(draw: Draw, document: Document) -> str:
    document["management"]["vpc"] = "create"
    document["management"]["vpc_id"] = "vpc-0123456789abcdef0"
    return "management.vpc_id"


def one_subnet_id_for_two_zones(draw: Draw, document: Document) -> str:
    zones = document["management"]["zones"]
    first, second = document["region"] + "y", document["region"] + "z"
    zones[first] = {"public_subnet": "", "subnet_id": "subnet-0a1b2c3d"}
    zones[second] = {"public_subnet": "", "subnet_id": "subnet-0a1b2c3d"}
    return f"management.zones.{second}.subnet_id"


def a_graviton_type(draw: Draw, document: Document) -> str:
    role = draw(st.sampled_from(sorted(ROLES)))
    kind = draw(
        st.sampled_from(("t4g.micro", "m7gd.metal", "c7gn.large", "im4gn.large", "a1.large"))
    )
    document["servers"][role]["instance_type"] = kind
    return f"servers.{role}.instance_type"


def a_volume_of_no_size(draw: Draw, document: Document) -> str:
    role = draw(st.sampled_from(sorted(ROLES)))
    size = draw(st.integers(max_value=7) | st.integers(16385) | st.sampled_from((True, 16.0, "16")))
    document["servers"][role]["root_volume_gib"] = size
    return f"servers.{role}.root_volume_gib"


def a_retention_that_cloudwatch_lacks(draw: Draw, document: Document) -> str:
    days = draw(st.sampled_from((0, 2, 31, 364, 3654, -1, True, 30.0, "30")))
    document["flow_log_retention_days"] = days
    return "flow_log_retention_days"


def a_revision_for_the_shell(draw: Draw, document: Document) -> str:
    mark = draw(st.sampled_from(tuple("\n\t ;&|$`'\"(){}<>*?![]#~^:\\\x7f\u00e9\u202e")))
    document["microblog"]["revision"] = "v0" + mark + "x"
    return "microblog.revision"


def a_missing_key(draw: Draw, document: Document) -> str:
    table, field = _required(draw, document)
    del table[field.rpartition(".")[2]]
    return field


def a_renamed_key(draw: Draw, document: Document) -> str:
    table, field = _required(draw, document)
    path, _, key = field.rpartition(".")
    table[key + "_"] = table.pop(key)
    return f"{path}.{key}_" if path else f"{key}_"


def a_value_of_another_type(draw: Draw, document: Document) -> str:
    table, field = _required(draw, document)
    table[field.rpartition(".")[2]] = draw(st.sampled_from((True, 2.5, [[]], {"x": 1})))
    return field


def _required(draw: Draw, document: Document) -> tuple[Document, str]:
    """A table of the document, and the field in it of a key that must be there."""
    zone = "zones." + _zone(draw, document, "application")
    keys = {
        "": ("project", "region", "operators", "microblog", "application", "servers"),
        "microblog": ("repository", "revision"),
        "application": ("cidr", "zones"),
        "application." + zone: ("public_subnet", "private_subnet"),
        "management": ("vpc", "cidr", "zones"),
        "servers": tuple(ROLES),
        "servers.app": ("instance_type", "address", "root_volume_gib", "on_user_data_change"),
    }
    path = draw(st.sampled_from(sorted(keys)))
    key = draw(st.sampled_from(keys[path]))
    table = document
    for step in filter(None, path.split(".")):
        table = table[step]
    return table, f"{path}.{key}" if path else key


VIOLATIONS: tuple[Violation, ...] = (
    a_vpc_with_host_bits,
    a_vpc_larger_than_aws_allows,
    a_subnet_smaller_than_aws_allows,
    a_public_vpc,
    a_subnet_outside_its_vpc,
    a_subnet_larger_than_its_vpc,
    two_subnets_that_overlap,
    two_vpcs_that_overlap,
    an_address_that_aws_keeps,
    an_address_in_another_tier,
    an_address_in_no_subnet,
    the_same_address_twice,
    a_zone_of_another_region,
    operators_that_are_the_world,
    operators_that_are_half_the_world,
    operators_that_are_too_many_addresses,
    operators_inside_a_vpc,
    operators_nobody_can_be,
    no_operators,
    more_operators_than_a_security_group_holds,
    a_nat_gateway_that_is_not_there,
    nat_gateways_in_a_ring,
    ids_of_a_vpc_to_be_created,
    one_subnet_id_for_two_zones,
    a_graviton_type,
    a_volume_of_no_size,
    a_retention_that_cloudwatch_lacks,
    a_revision_for_the_shell,
    a_missing_key,
    a_renamed_key,
    a_value_of_another_type,
)
