"""Who is asked about: an endpoint or outside addresses, by name."""

from __future__ import annotations

import difflib
import ipaddress

from reachability.endpoints import Endpoint
from reachability.intervals import Addresses
from reachability.model import Topology


class UnknownEndpointError(ValueError):
    """No endpoint has that name, or no protocol; one line, with the nearest one."""


def find(topology: Topology, name: str) -> Endpoint | Addresses:
    """The endpoint or the outside addresses under a name; a public CIDR names itself."""
    if name in topology.endpoints:
        return topology.endpoints[name]
    if name in topology.outside:
        return topology.outside[name]
    try:
        ipaddress.ip_network(name)
        return Addresses.of(name)
    except ValueError:
        known = [*topology.outside, *topology.endpoints]
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
        raise UnknownEndpointError(f"no endpoint is named {name!r}; {hint}") from None
