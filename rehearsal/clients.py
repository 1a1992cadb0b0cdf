"""Addresses that a rehearsal chooses: of clients outside, and the public ones AWS would choose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network

# RFC 5737, "IPv4 Address Blocks Reserved for Documentation": nobody has them.
_CLIENTS = IPv4Network("192.0.2.0/24")
_PUBLIC = IPv4Network("198.51.100.0/24")

MIRROR = "198.18.0.1"
"""Serves packages, git and the AWS APIs inside. RFC 2544 reserves it for tests of networks."""

_RESERVED = [
    IPv4Network(one)
    for one in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/3",
    )
]
"""IANA IPv4 Special-Purpose Address Registry: what no client on the internet has."""


def public_addresses(mentioned: Iterable[str]) -> Iterator[str]:
    """Addresses for instances and NAT gateways: in no range that a rule or route singles out."""
    narrow = [one for one in _networks(mentioned) if one.prefixlen > 8]
    for block in (_PUBLIC, IPv4Network("192.88.99.0/24"), IPv4Network("203.0.113.0/24")):
        if not any(block.overlaps(one) for one in narrow):
            yield from map(str, block.hosts())


def clients(
    mentioned: Iterable[str], lists: Mapping[str, Iterable[str]]
) -> dict[str, tuple[str, ...]]:
    """Client addresses by name: one in each range that anything tells apart, so that a packet from
    each of them says all there is to say.

    `lists` are the prefix lists by name; "internet" is what none of them holds.
    """
    networks = set(_networks(mentioned)) | {
        one for cidrs in lists.values() for one in _networks(cidrs)
    }
    found: dict[str, dict[str, None]] = {"internet": {}}
    for address in (str(_CLIENTS[10]), *_samples(networks)):
        number = IPv4Address(address)
        holders = [
            name
            for name, cidrs in lists.items()
            if any(number in network for network in _networks(cidrs))
        ]
        for name in holders or ["internet"]:
            found.setdefault(name, {})[address] = None
    return {name: tuple(addresses) for name, addresses in found.items()}


def _samples(networks: Iterable[IPv4Network]) -> Iterator[str]:
    """A public address inside each network and inside no narrower one."""
    several = sorted(set(networks), key=lambda one: (one.prefixlen, one))
    for network in several:
        narrower = [one for one in several if one != network and one.subnet_of(network)]
        left = [network]
        for cut in (*narrower, *_RESERVED, _PUBLIC):
            left = [part for one in left for part in _without(one, cut)]
        if left:
            block = max(left, key=lambda one: one.num_addresses)
            yield str(block[min(10, block.num_addresses - 1)])


def _without(network: IPv4Network, cut: IPv4Network) -> list[IPv4Network]:
    if not network.overlaps(cut):
        return [network]
    return list(network.address_exclude(cut)) if cut.subnet_of(network) and cut != network else []


def _networks(cidrs: Iterable[str]) -> Iterator[IPv4Network]:
    for cidr in cidrs:
        yield IPv4Network(cidr, strict=False)
