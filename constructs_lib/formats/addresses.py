"""The forms of CIDRs and addresses."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv4Network

from constructs_lib.addressing import PRIVATE_NETWORKS, UNROUTED_NETWORKS, overlapping
from constructs_lib.formats.text import refuse, text
from constructs_lib.quotas import OPERATOR_ADDRESSES


def network(value: object) -> IPv4Network:
    """A CIDR without host bits and with its prefix length written out."""
    if isinstance(value, IPv4Network):
        return value
    written = text(value, "10.0.0.0/18")
    if ":" in written:
        raise refuse("is IPv6", "write an IPv4 CIDR")
    base, slash, _length = written.partition("/")
    try:
        found = IPv4Network(written, strict=False)
    except ValueError:
        raise refuse("is not an IPv4 CIDR", 'write it such as "10.0.0.0/18"') from None
    if not slash:
        raise refuse("has no prefix length", f'add it; one address alone is "{found}"')
    if IPv4Address(base) != found[0]:
        raise refuse("has host bits set", f'did you mean "{found}"?')
    if str(found) != written:
        raise refuse("is written unusually", f'did you mean "{found}"?')
    return found


def block(value: object) -> IPv4Network:
    """The CIDR of a VPC or of a subnet.

    Sources: AWS pages "VPC CIDR blocks" and "Subnet CIDR blocks" (/16 to /28), RFC 1918.
    """
    found = network(value)
    if not 16 <= found.prefixlen <= 28:
        kind = "larger" if found.prefixlen < 16 else "smaller"
        raise refuse(f"is {kind} than AWS allows", "choose a prefix length of /16 to /28")
    if not any(found.subnet_of(private) for private in PRIVATE_NETWORKS):
        fix = "choose from " + ", ".join(map(str, PRIVATE_NETWORKS))
        raise refuse("is not a private range, so its hosts would hide public ones", fix)
    return found


def operator_network(value: object) -> IPv4Network:
    """A CIDR that people administer from, of at most OPERATOR_ADDRESSES addresses."""
    found = network(value)
    if found.prefixlen == 0:
        raise refuse("is the whole world", "name the CIDRs your operators come from")
    if found.num_addresses > OPERATOR_ADDRESSES:
        raise refuse("is absurdly wide", "name the CIDRs your operators come from, /8 or narrower")
    for unrouted in overlapping(found, UNROUTED_NETWORKS):
        fix = "name the CIDRs your operators come from"
        raise refuse(f"lies in {unrouted}, which no packet comes from", fix)
    return found


def address(value: object) -> IPv4Address:
    if isinstance(value, IPv4Address):
        return value
    written = text(value, "10.0.1.204")
    try:
        return IPv4Address(written)
    except AddressValueError:
        fix = 'write it such as "10.0.1.204"'
        if re.fullmatch(r"[0-9.]+/[0-9]+", written):
            fix = f'did you mean "{written.split("/")[0]}"?'
        raise refuse("is not an IPv4 address", fix) from None
