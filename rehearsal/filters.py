"""The nftables rules of routers and gateways. Every drop is counted under its cause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rehearsal.network import (
    CLOCK,
    METADATA,
    RESOLVER,
    Direction,
    Entry,
    Host,
    Network,
    Service,
    Vpc,
)

CAUSES = (
    "no_route",
    "not_transitive",
    "peering_pending",
    "source_check",
    "acl_ingress",
    "acl_egress",
    "group_ingress",
    "group_egress",
    "no_public_address",
    "unsolicited_at_nat",
    "beyond_the_rehearsal",
)

Devices = Mapping[str, str]
"""The name of the router's device for each host, NAT gateway and peering."""


def router(network: Network, vpc: Vpc, devices: Devices) -> str:
    """A VPC's router: ACLs at the subnets' edges, security groups at the instances."""
    attached = list(network.attached(vpc))
    hosts = [one for one in attached if isinstance(one, Host)]
    own = _set(devices[one.name] for one in attached)
    active = [devices[one.name] for one in network.peerings if one.active]
    chains: list[str] = []
    forward = [
        # "Source/destination checks": an instance sends from its own address and no other.
        *(
            f'iifname "{devices[one.name]}" ip saddr != {one.address} {_drop("source_check")}'
            for one in hosts
        ),
        f'oifname "nowhere" iifname != {own} {_drop("not_transitive")}',
        f'oifname "nowhere" {_drop("no_route")}',
        f'oifname "pending" {_drop("peering_pending")}',
        "ct state invalid drop",
    ]
    for nat in network.nats:
        if nat in attached:
            device = f'iifname "{devices[nat.name]}" oifname'
            forward.append(f'{device} "{devices[nat.name]}" {_drop("no_route")}')
            # "NAT gateways" names no peering among what may lie behind one.
            if active:
                forward.append(f"{device} {_set(active)} {_drop('no_route')}")
    for number, subnet in enumerate(network.subnets):
        inside = [devices[one.name] for one in attached if one.subnet == subnet.name]
        if subnet.entries is None or not inside:
            continue
        # "Network ACLs": what crosses the subnet's edge is looked at, each packet anew.
        edge = _set(inside)
        forward.append(f"iifname {edge} oifname != {edge} jump acl{number}-egress")
        forward.append(f"oifname {edge} iifname != {edge} jump acl{number}-ingress")
        for direction in _DIRECTIONS:
            chains.append(_chain(f"acl{number}-{direction}", _acl(subnet.entries, direction)))
    # "Security group connection tracking": answers pass whatever the rules say.
    forward.append("ct state established,related accept")
    for host in hosts:
        device = devices[host.name]
        forward.append(f'iifname "{device}" jump {device}-egress')
        forward.append(f'oifname "{device}" jump {device}-ingress')
        for direction in _DIRECTIONS:
            chains.append(_chain(f"{device}-{direction}", _groups(network, host, direction)))
    forward.append("accept")
    asked = f"{{ {RESOLVER}, {CLOCK}, {METADATA}, {vpc.resolver} }}"
    answers = [
        *(
            f'iifname "{devices[one.name]}" ip saddr != {one.address} {_drop("source_check")}'
            for one in hosts
        ),
        f"iifname {own} ip daddr {asked} accept",
        "drop",
    ]
    return _table(*chains, _base("forward", forward), _base("input", answers))


def internet_gateway(public: Mapping[str, str]) -> str:
    """One-to-one NAT between private (keys) and public addresses (values); the rest is dropped."""
    if not public:
        return _table(_base("forward", [_drop("no_public_address")]))
    inward = {theirs: ours for ours, theirs in public.items()}
    return _table(
        _chain(
            "prerouting",
            [f'iifname "outside" dnat to ip daddr map {_map(inward)}'],
            "type nat hook prerouting priority dstnat;",
        ),
        _chain(
            "postrouting",
            [f'oifname "outside" snat to ip saddr map {_map(public)}'],
            "type nat hook postrouting priority srcnat;",
        ),
        _base(
            "forward",
            [
                "ct state invalid drop",
                'iifname "outside" oifname "inside" accept',
                f'iifname "inside" oifname "outside" ip saddr {_set(public)} accept',
                _drop("no_public_address"),
            ],
        ),
    )


def nat_gateway(vpc: Vpc) -> str:
    """ "NAT gateways": the VPC's own hosts may call out; nobody may call in."""
    return _table(
        _chain(
            "postrouting",
            [f"ip saddr {vpc.cidr} masquerade"],
            "type nat hook postrouting priority srcnat;",
        ),
        _base(
            "forward",
            [
                f"ct state invalid {_drop('unsolicited_at_nat')}",
                f"ip saddr {vpc.cidr} accept",
                "ct state established,related accept",
            ],
        ),
        _base("input", [_drop("unsolicited_at_nat")]),
    )


def outside(gateways: Iterable[str]) -> str:
    """The world: packets between the gateways pass, all else ends here."""
    devices = _set(gateways)
    passing = [f"iifname {devices} oifname {devices} accept"] if devices else []
    return _table(_base("forward", [*passing, _drop("beyond_the_rehearsal")]))


PARTITION = "partition"


def partition(device: str) -> str:
    """A table that stands before the router's own and drops what passes one device."""
    rules = [f'iifname "{device}" drop', f'oifname "{device}" drop']
    head = "type filter hook forward priority filter - 10;"
    return f"table ip {PARTITION} {{\n{_chain('forward', rules, head)}\n}}"


_DIRECTIONS: tuple[Direction, ...] = ("ingress", "egress")


def _acl(entries: Iterable[Entry], direction: Direction) -> Iterator[str]:
    """ "Network ACL rules": lowest number first, the first match decides, the rest is denied."""
    own = [one for one in entries if one.direction == direction]
    side = "daddr" if direction == "egress" else "saddr"
    for entry in sorted(own, key=lambda one: one.number):
        verdict = "return" if entry.allows else _drop(f"acl_{direction}")
        yield f"ip {side} {entry.cidr} {_service(entry.service)} {verdict}"
    yield _drop(f"acl_{direction}")


def _groups(network: Network, host: Host, direction: Direction) -> Iterator[str]:
    """ "Security group rules": allow rules only, of all the groups together; a group stands for
    the private addresses of its members."""
    side = "daddr" if direction == "egress" else "saddr"
    for group in host.groups:
        for rule in network.groups.get(group, ()):
            members = [one.address for named in rule.groups for one in network.members(named)]
            for peer in (*rule.cidrs, *members):
                if rule.direction == direction:
                    yield f"ip {side} {peer} {_service(rule.service)} return"
    yield _drop(f"group_{direction}")


def _service(service: Service) -> str:
    if service.protocol == "all":
        return ""
    ports = f" th dport {service.ports[0]}-{service.ports[1]}" if service.ports else ""
    return f"meta l4proto {service.protocol}{ports}"


def _drop(cause: str) -> str:
    return f"counter name {cause} drop"


def _set(members: Iterable[str]) -> str:
    texts = [one if one[0].isdigit() else f'"{one}"' for one in members]
    return "{ " + ", ".join(texts) + " }" if texts else ""


def _map(pairs: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{key} : {value}" for key, value in pairs.items()) + " }"


def _base(hook: str, rules: Iterable[str]) -> str:
    return _chain(hook, rules, f"type filter hook {hook} priority filter; policy drop;")


def _chain(name: str, rules: Iterable[str], head: str = "") -> str:
    return "\n".join([f"chain {name} {{", head, *rules, "}"])


def _table(*chains: str) -> str:
    counters = [f"counter {cause} {{ }}" for cause in CAUSES]
    return "\n".join(["table ip rehearsal {", *counters, *chains, "}"])
