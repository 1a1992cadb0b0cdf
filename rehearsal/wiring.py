"""A network built of namespaces: the kernel routes, filters, tracks and translates.

One namespace per VPC is AWS's router and hypervisor, one per internet gateway, NAT gateway and
instance, and one is the world outside. None has a device that leads to the host.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Network
from pathlib import Path

from rehearsal import filters
from rehearsal.namespaces import Namespace
from rehearsal.network import CLOCK, METADATA, RESOLVER, Host, Nat, Network, Peering, Vpc

OUTSIDE = "outside"
_LOCAL, _ELSEWHERE, _FIRST_SUBNET = 100, 101, 200

Filter = Callable[[str, str], str]
"""Changes the rules of a namespace; tests hand in one that forgets a rule."""


class Wiring:
    """The running network of namespaces, which live in `folder`.

    `hosts` are the instances' namespaces by name, `routers` the VPCs'.
    """

    def __init__(
        self, network: Network, folder: Path, edit: Filter = lambda _, rules: rules
    ) -> None:
        self._network = network
        self._folder = folder
        self._rules: dict[str, str] = {}
        self._spaces: dict[str, Namespace] = {}
        kinds: dict[str, Sequence[Host | Nat | Peering]] = {
            "host": network.hosts,
            "nat": network.nats,
            "peer": network.peerings,
        }
        self._devices = {
            one.name: f"{kind}{number}"
            for kind, several in kinds.items()
            for number, one in enumerate(several)
        }
        self._build()
        for space in self._spaces.values():
            space.cables()
        for name, space in self._spaces.items():
            space.configure(edit(name, self._rules.get(name, "")))
        self.outside = self._spaces[OUTSIDE]
        self.hosts = {one.name: self._spaces[self._devices[one.name]] for one in network.hosts}
        self.routers = {one.name: self._spaces[self._router(one)] for one in network.vpcs}

    def dropped(self) -> dict[str, int]:
        """How many packets were dropped so far, by cause, over all gateways and routers."""
        total: dict[str, int] = {}
        for name in self._rules:
            listing = json.loads(self._spaces[name].run(["nft", "-j", "list", "counters"]))
            for entry in listing["nftables"]:
                if counter := entry.get("counter"):
                    cause = counter["name"]
                    total[cause] = total.get(cause, 0) + counter["packets"]
        return {cause: packets for cause, packets in total.items() if packets}

    @contextmanager
    def cut(self, host: str) -> Iterator[None]:
        """Meanwhile no packet gets to the host or from it, but those of AWS itself."""
        device = self._devices[host]
        router = next(
            self._spaces[self._router(vpc)]
            for vpc in self._network.vpcs
            if host in (one.name for one in self._network.attached(vpc))
        )
        router.run(["nft", "-f", "-"], filters.partition(device))
        try:
            yield
        finally:
            router.run(["nft", "delete", "table", "ip", filters.PARTITION])

    def _space(self, name: str) -> Namespace:
        self._spaces[name] = Namespace(self._folder / name)
        return self._spaces[name]

    def _router(self, vpc: Vpc) -> str:
        return f"vpc{self._network.vpcs.index(vpc)}"

    def _build(self) -> None:
        world = self._space(OUTSIDE)
        clients = (one for several in self._network.outside.values() for one in several)
        for address in dict.fromkeys((self._network.mirror, *clients)):
            world.ip(f"address add {address}/32 dev lo")
        world.cable("nowhere", world, "beyond")
        world.ip("route add default dev nowhere metric 9999")
        for vpc in self._network.vpcs:
            self._build_vpc(vpc)
        for peering in self._network.peerings:
            if peering.active:
                self._build_peering(peering)
        gateways = [f"igw-{self._router(one)}" for one in self._network.vpcs if one.gateway]
        self._rules[OUTSIDE] = filters.outside(gateways)

    def _build_vpc(self, vpc: Vpc) -> None:
        """ "Route tables": every table has the local route, and none can take it away."""
        router = self._space(self._router(vpc))
        router.cable("nowhere", router, "pending")
        for address in (RESOLVER, CLOCK, METADATA, vpc.resolver):
            router.ip(f"address add {address}/32 dev lo")
        router.ip(f"rule add pref 10 to {vpc.cidr} lookup {_LOCAL}")
        router.ip(f"rule add pref 30 lookup {_ELSEWHERE}")
        for table in (_LOCAL, _ELSEWHERE):
            router.ip(f"route add default dev nowhere table {table} metric 9999")
        for one in self._network.attached(vpc):
            device = self._devices[one.name]
            host = self._space(device)
            subnet = IPv4Network(self._network.subnet[one.subnet].cidr)
            router.cable(device, host, "eth0")
            router.ip(f"route add {one.address} dev {device} table {_LOCAL}")
            host.ip(f"address add {one.address}/{subnet.prefixlen} dev eth0")
            host.ip(f"route add default via {subnet[1]} dev eth0 onlink")
            if not isinstance(one, Host):
                self._rules[device] = filters.nat_gateway(vpc)
        if vpc.gateway:
            self._build_internet_gateway(vpc)
        self._build_route_tables(vpc)
        self._rules[self._router(vpc)] = filters.router(self._network, vpc, self._devices)

    def _build_internet_gateway(self, vpc: Vpc) -> None:
        """ "Internet gateways": one-to-one NAT for what has a public address."""
        name = f"igw-{self._router(vpc)}"
        gateway, world = self._space(name), self._spaces[OUTSIDE]
        self._spaces[self._router(vpc)].cable("igw", gateway, "inside")
        gateway.cable("outside", world, name)
        gateway.ip(f"route add {vpc.cidr} dev inside")
        gateway.ip("route add default dev outside")
        pairs = {one.address: one.public for one in self._network.attached(vpc) if one.public}
        for address in pairs.values():
            world.ip(f"route add {address} dev {name}")
        self._rules[name] = filters.internet_gateway(pairs)

    def _build_peering(self, peering: Peering) -> None:
        routers = [
            self._spaces[self._router(vpc)]
            for name in peering.vpcs
            for vpc in self._network.vpcs
            if vpc.name == name
        ]
        device = self._devices[peering.name]
        routers[0].cable(device, routers[1], device)

    def _build_route_tables(self, vpc: Vpc) -> None:
        router = self._spaces[self._router(vpc)]
        for number, subnet in enumerate(self._network.subnets, start=_FIRST_SUBNET):
            if subnet.vpc != vpc.name:
                continue
            router.ip(f"route add default dev nowhere table {number} metric 9999")
            for one in self._network.attached(vpc):
                if one.subnet == subnet.name:
                    router.ip(f"rule add pref 20 iif {self._devices[one.name]} lookup {number}")
            for route in subnet.routes:
                for cidr in route.cidrs:
                    router.ip(
                        f"route add {cidr} dev {self._leads(vpc, route.target)} table {number}"
                    )

    def _leads(self, vpc: Vpc, target: str) -> str:
        """The router's device for a route's target, and "nowhere" for what is not of this VPC."""
        if target == vpc.gateway and target:
            return "igw"
        for nat in self._network.nats:
            if nat.name == target and nat in self._network.attached(vpc):
                return self._devices[nat.name]
        for peering in self._network.peerings:
            if peering.name == target and vpc.name in peering.vpcs:
                return self._devices[target] if peering.active else "pending"
        return "nowhere"
