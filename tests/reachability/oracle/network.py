"""A description built as a real network: the kernel routes, filters, tracks and translates.

One namespace per VPC is AWS's router and hypervisor, one per internet gateway, NAT gateway and
instance, and one is the internet. Nothing here knows how the model under test decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.reachability.oracle import filters
from tests.reachability.oracle.description import INTERNET, Description, Vpc
from tests.reachability.oracle.namespaces import Namespace
from tests.reachability.oracle.worlds import World

_LOCAL, _ELSEWHERE, _FIRST_SUBNET = 100, 101, 200


class Network:
    """The running network; `endpoints` are the namespaces of the instances and the internet."""

    def __init__(self, description: Description, world: World) -> None:
        self._description = description
        self._world = world
        self._rules: dict[str, str] = {}
        self._spaces: dict[str, Namespace] = {}
        try:
            self._build()
        except BaseException:
            self.close()
            raise
        names = [INTERNET, *(one.name for one in description.instances)]
        self.endpoints = {name: self._spaces[name] for name in names}

    def close(self) -> None:
        for space in self._spaces.values():
            space.close()
        self._spaces.clear()

    def dropped(self) -> dict[str, int]:
        """How many packets were dropped so far, by cause, over all gateways and routers."""
        total: dict[str, int] = {}
        for name in self._rules:
            listing = json.loads(self._spaces[name].output(["nft", "-j", "list", "counters"]))
            for entry in listing["nftables"]:
                if counter := entry.get("counter"):
                    cause = counter["name"]
                    total[cause] = total.get(cause, 0) + counter["packets"]
        return {cause: packets for cause, packets in total.items() if packets}

    def _space(self, name: str) -> Namespace:
        self._spaces[name] = Namespace(name)
        return self._spaces[name]

    def _build(self) -> None:
        self._build_internet()
        for vpc in self._description.vpcs:
            self._build_vpc(vpc)
        for peering in self._description.peerings:
            if peering.accepted:
                requester, accepter = (
                    self._spaces[peering.requester],
                    self._spaces[peering.accepter],
                )
                requester.cable(peering.name, accepter, peering.name)
        for space in self._spaces.values():
            space.cables()
        for name, space in self._spaces.items():
            space.configure(self._rules.get(name, ""))
        for space in self._spaces.values():
            space.wait_until_up()

    def _build_internet(self) -> None:
        internet = self._space(INTERNET)
        for address in self._description.addresses[INTERNET]:
            if ":" in address:
                internet.ip6(f"address add {address}/128 dev lo nodad")
            else:
                internet.ip(f"address add {address}/32 dev lo")

    def _build_vpc(self, vpc: Vpc) -> None:
        """ "Route tables": every table has the local route, and none can take it away."""
        router = self._space(vpc.name)
        router.cable("nowhere", router, "pending")
        router.ip(f"rule add pref 10 to {vpc.cidr} lookup {_LOCAL}")
        router.ip(f"rule add pref 30 lookup {_ELSEWHERE}")
        if vpc.ipv6:
            router.ip6(f"rule add pref 10 to {vpc.ipv6} lookup {_LOCAL}")
        router.ip6(f"rule add pref 30 lookup {_ELSEWHERE}")
        for table in (_LOCAL, _ELSEWHERE):
            self._lead_nowhere(router, table)
        for name, address in self._attached(vpc):
            host = self._space(name)
            router.cable(name, host, "eth0")
            router.ip(f"route add {address} dev {name} table {_LOCAL}")
            host.ip(f"address add {address}/32 dev eth0")
            host.ip("route add default dev eth0")
        for instance in self._description.instances_in(vpc.name):
            if instance.ipv6:
                router.ip6(f"route add {instance.ipv6} dev {instance.name} table {_LOCAL}")
                host = self._spaces[instance.name]
                host.ip6(f"address add {instance.ipv6}/128 dev eth0 nodad")
                host.ip6("route add default dev eth0")
        if vpc.internet_gateway or vpc.egress_only:
            self._build_gateways(vpc)
        self._build_route_tables(vpc)
        self._rules[vpc.name] = filters.router(
            self._description, vpc, nat_to_peering=self._world.nat_to_peering
        )
        for gateway in self._description.nat_gateways:
            if self._description.subnet(gateway.subnet).vpc == vpc.name:
                self._rules[gateway.name] = filters.nat_gateway(vpc)

    def _lead_nowhere(self, router: Namespace, table: int) -> None:
        """What no route holds goes where it is counted and dropped."""
        router.ip(f"route add default dev nowhere table {table} metric 9999")
        router.ip6(f"route add default dev nowhere table {table} metric 9999")

    def _attached(self, vpc: Vpc) -> Iterator[tuple[str, str]]:
        for one in self._description.interfaces:
            if self._description.subnet(one.subnet).vpc == vpc.name:
                yield one.name, one.address

    def _build_gateways(self, vpc: Vpc) -> None:
        """ "Enable internet access for a VPC using an internet gateway": one-to-one NAT of IPv4.

        The egress-only gateway is another door of the same house: IPv6 has one route to the VPC.
        """
        name = f"igw-{vpc.name}"
        gateway, internet = self._space(name), self._spaces[INTERNET]
        doors = {"igw": "inside"} if vpc.internet_gateway else {}
        doors |= {"egress-only": "only"} if vpc.egress_only else {}
        for here, there in doors.items():
            self._spaces[vpc.name].cable(here, gateway, there)
        gateway.cable("outside", internet, name)
        if vpc.internet_gateway:
            gateway.ip(f"route add {vpc.cidr} dev inside")
        gateway.ip("route add default dev outside")
        if vpc.ipv6:
            gateway.ip6(f"route add {vpc.ipv6} dev {next(iter(doors.values()))}")
            gateway.ip6("route add default dev outside")
            internet.ip6(f"route add {vpc.ipv6} dev {name}")
        pairs = {
            address: self._world.public[owner]
            for owner, address in self._attached(vpc)
            if owner in self._world.public
        }
        for address in pairs.values():
            internet.ip(f"route add {address} dev {name}")
        self._rules[name] = filters.internet_gateway(pairs) + filters.ipv6_gateways(vpc)

    def _build_route_tables(self, vpc: Vpc) -> None:
        router = self._spaces[vpc.name]
        accepted = {one.name for one in self._description.peerings if one.accepted}
        subnets = [one for one in self._description.subnets if one.vpc == vpc.name]
        for number, subnet in enumerate(subnets, start=_FIRST_SUBNET):
            self._lead_nowhere(router, number)
            for device in filters.devices(self._description, subnet):
                for command in (router.ip, router.ip6):
                    command(f"rule add pref 20 iif {device} lookup {number}")
            table = self._description.table_of(subnet)
            for route in table.routes if table else ():
                device = route.name or route.via
                if route.via == "peering" and route.name not in accepted:
                    device = "pending"
                command = router.ip6 if ":" in route.cidr else router.ip
                command(f"route add {route.cidr} dev {device} table {number}")
