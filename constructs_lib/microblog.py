"""The Microblog's stack: two peered VPCs, four servers, and the flow matrix between them."""

from __future__ import annotations

from pathlib import Path

from cdktf import TerraformOutput
from constructs import Construct

from constructs_lib.alarms import AlarmTopic
from constructs_lib.default_vpc import DefaultVpc
from constructs_lib.environment import TIERS, Environment
from constructs_lib.flow_logs import FlowLogs
from constructs_lib.flows import SERVERS, flows_of
from constructs_lib.hosts import user_data
from constructs_lib.image import image_id
from constructs_lib.network import Network, Tier
from constructs_lib.peering import Peering
from constructs_lib.permissions import statements
from constructs_lib.ports import GRAFANA, JENKINS, PROMETHEUS
from constructs_lib.security_groups import SecurityGroups
from constructs_lib.server import Server
from constructs_lib.stack import EnvironmentStack
from constructs_lib.vpc import Vpc, Zone

_NAMES = {
    "web": "Web_Server",
    "app": "Application_Server",
    "jenkins": "Jenkins",
    "monitoring": "Monitoring",
}
_TIERS: dict[str, Tier] = {"public_subnet": "public", "private_subnet": "private"}


class MicroblogStack(EnvironmentStack):
    """One environment, whole. `readable_user_data` is each host's script, by path in cdktf.out."""

    def __init__(self, scope: Construct, *, environment: Environment) -> None:
        super().__init__(scope, environment.name, environment=environment, role="network")
        name_prefix = f"{environment.project}-{environment.name}"

        application = self._application_vpc(environment)
        management = self._management_vpc(environment)
        vpcs = {"application": application, "management": management}
        networks = {role: vpcs[vpc] for role, (vpc, _) in TIERS.items()}
        peering = Peering(self, "peering", requester=management, accepter=application)
        FlowLogs(
            self,
            "flow-logs",
            name_prefix=name_prefix,
            region=environment.region,
            networks=[application, management],
            retention_days=environment.flow_log_retention_days,
        )
        AlarmTopic(
            self,
            "alarms",
            name=environment.alarm_topic,
            email=environment.alarms.email if environment.alarms else None,
        )
        groups = SecurityGroups(
            self,
            "security-groups",
            name_prefix=name_prefix,
            flows=flows_of(https=environment.microblog.https),
            networks=networks,
            operators=environment.operators,
            peering=peering.connection,
        )
        image = image_id(self, environment.image)
        rendered = {role: user_data(environment, role) for role in SERVERS}
        self.readable_user_data = {
            Path("stacks", environment.name, "user-data", f"{role}.sh"): data.script
            for role, data in rendered.items()
        }
        servers = {
            role: Server(
                self,
                role,
                name=_NAMES[role],
                name_prefix=name_prefix,
                permissions=statements(environment, role),
                settings=getattr(environment.servers, role),
                image_id=image,
                subnet=networks[role].subnet(_TIERS[TIERS[role][1]], environment.zone_of(role)),
                security_group_id=groups.group_id(role),
                user_data=rendered[role],
                depends_on=groups.rules(role),
            )
            for role in SERVERS
        }
        self._outputs(environment, servers)

    def _application_vpc(self, environment: Environment) -> Network:
        return Vpc(
            self,
            "microblogVPC",
            name="microblogVPC",
            cidr=environment.application.cidr,
            zones={
                name: Zone(
                    public=zone.public_subnet,
                    private=zone.private_subnet,
                    nat_zone=name if zone.nat_gateway == "own" else zone.nat_gateway,
                )
                for name, zone in environment.application.zones.items()
            },
        )

    def _management_vpc(self, environment: Environment) -> Network:
        management = environment.management
        if management.vpc == "create":
            return Vpc(
                self,
                "management",
                name="management",
                cidr=management.cidr,
                zones={name: Zone(public=z.public_subnet) for name, z in management.zones.items()},
            )
        return DefaultVpc(
            self,
            "management",
            cidr=management.cidr,
            subnets={
                name: (zone.public_subnet, zone.subnet_id)
                for name, zone in management.zones.items()
            },
            vpc_id=management.vpc_id,
            main_route_table_id=management.main_route_table_id,
        )

    def _outputs(self, environment: Environment, servers: dict[str, Server]) -> None:
        urls = {
            "web_url": ("web", ""),
            "jenkins_url": ("jenkins", f":{JENKINS.number}"),
            "grafana_url": ("monitoring", f":{GRAFANA.number}"),
            "prometheus_url": ("monitoring", f":{PROMETHEUS.number}"),
        }
        for name, (role, port) in urls.items():
            TerraformOutput(self, name, value=f"http://{servers[role].instance.public_ip}{port}/")
        for role, server in servers.items():
            TerraformOutput(
                self,
                f"{role}_session_command",
                value=f"aws ssm start-session --region {environment.region} "
                f"--target {server.instance.id}",
            )
