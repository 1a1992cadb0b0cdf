"""The typed model of an environment file: what may be written, and of which form.

How values must relate to each other is the subject of `topology`.
"""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator

from constructs_lib.formats import addresses, aws, git, mail
from constructs_lib.quotas import OPERATOR_CIDRS

_Zone = TypeVar("_Zone")


def _form(check: Callable[[object], object]) -> PlainValidator:
    return PlainValidator(check, json_schema_input_type=str)


def _key(description: str, *examples: object, **constraints: Any) -> Any:
    return Field(description=description, examples=list(examples) or None, **constraints)


def _sorted(operators: tuple[IPv4Network, ...]) -> tuple[IPv4Network, ...]:
    return tuple(sorted(set(operators)))


def _by_name(zones: dict[str, _Zone]) -> dict[str, _Zone]:
    return dict(sorted(zones.items()))


Name = Annotated[str, _form(aws.name)]
Block = Annotated[IPv4Network, _form(addresses.block)]
Address = Annotated[IPv4Address, _form(addresses.address)]
OperatorNetwork = Annotated[IPv4Network, _form(addresses.operator_network)]

UserDataChange = Literal["replace", "in_place", "ignore"]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


TIERS = {
    "web": ("application", "public_subnet"),
    "app": ("application", "private_subnet"),
    "jenkins": ("management", "public_subnet"),
    "monitoring": ("management", "public_subnet"),
}
"""The VPC, and the kind of subnet in it, that a server of each role lives in."""


class Microblog(_Table):
    """Which application runs."""

    repository: Annotated[str, _form(git.repository)] = _key(
        "The https URL that git clones, without credentials.",
        "https://github.com/miguelgrinberg/microblog.git",
    )
    revision: Annotated[str, _form(git.revision)] = _key(
        "A tag, branch or commit of the repository.", "v0.23"
    )
    https: bool = _key(
        "Serve by TLS alone, with the certificate and its key that Parameter Store has as "
        "/<project>/<environment>/web/certificate and certificate_key.",
        default=False,
    )


class ApplicationZone(_Table):
    """An Availability Zone of the application VPC."""

    public_subnet: Block = _key("CIDR of the subnet of the web server.", "10.0.1.0/24")
    private_subnet: Block = _key("CIDR of the subnet of the application server.", "10.0.2.0/24")
    nat_gateway: str = _key(
        '"own", or the zone of this VPC whose own NAT gateway serves this one too.',
        "own",
        default="own",
    )


class Application(_Table):
    """The VPC that serves users."""

    cidr: Block = _key("CIDR of the VPC, /16 to /28, private.", "10.0.0.0/18")
    zones: Annotated[dict[str, ApplicationZone], AfterValidator(_by_name)] = _key(
        "One table for each Availability Zone, by its name.", min_length=1
    )


class ManagementZone(_Table):
    """An Availability Zone of the management VPC."""

    public_subnet: Block = _key("CIDR of the subnet of Jenkins and monitoring.", "172.31.16.0/20")
    subnet_id: Annotated[str, _form(aws.subnet_id)] | None = _key(
        'The subnet\'s id, only with "adopt"; default: looked up at plan time.',
        "subnet-0123456789abcdef0",
        default=None,
    )


class Management(_Table):
    """The VPC of the CI server and the monitoring server."""

    vpc: Literal["create", "adopt"] = _key(
        '"create" a VPC, or "adopt" the account\'s default VPC as it is.', "create"
    )
    cidr: Block = _key("CIDR of the VPC, /16 to /28, private.", "172.31.0.0/18")
    zones: Annotated[dict[str, ManagementZone], AfterValidator(_by_name)] = _key(
        "One table for each Availability Zone, by its name.", min_length=1
    )
    vpc_id: Annotated[str, _form(aws.vpc_id)] | None = _key(
        'The VPC\'s id, only with "adopt"; default: looked up at plan time.',
        "vpc-0123456789abcdef0",
        default=None,
    )
    main_route_table_id: Annotated[str, _form(aws.route_table_id)] | None = _key(
        'The main route table\'s id, only with "adopt"; default: looked up at plan time.',
        "rtb-0123456789abcdef0",
        default=None,
    )


class Server(_Table):
    """An instance."""

    instance_type: Annotated[str, _form(aws.instance_type)] = _key(
        "An x86_64 instance type.", "t3.micro"
    )
    address: Address = _key("The private IPv4 address, in a subnet of its tier.", "10.0.1.204")
    root_volume_gib: int = _key("Size of the root volume in GiB.", 16, ge=8, le=16384)
    on_user_data_change: UserDataChange = _key(
        'What new user data does: "replace" the instance, change it "in_place" (it restarts, but '
        'cloud-init runs the script on a new instance only), or nothing ("ignore").',
        "replace",
    )


class Servers(_Table):
    """The four hosts."""

    web: Server = _key("nginx, in a public subnet of the application VPC.")
    app: Server = _key("gunicorn, in a private subnet of the application VPC.")
    jenkins: Server = _key("Jenkins, in a subnet of the management VPC.")
    monitoring: Server = _key("Prometheus and Grafana, in a subnet of the management VPC.")


class Alarms(_Table):
    """Who is told what Prometheus finds wrong."""

    email: Annotated[str, _form(mail.address)] = _key(
        "AWS asks this address to confirm, once, before it gets the first alert.",
        "ops@example.com",
    )


class State(_Table):
    """Where Terraform's state is kept."""

    bucket: Annotated[str, _form(aws.bucket)] = _key(
        "Name of the S3 bucket.", "microblog-state-1a2b3c"
    )


class EnvironmentFile(_Table):
    """An environment of Microblog VPC."""

    project: Name = _key("Prefix of every name, and the Project tag.", "microblog")
    region: Annotated[str, _form(aws.region)] = _key("The AWS Region.", "us-east-1")
    operators: Annotated[
        tuple[OperatorNetwork, ...], Field(strict=False), AfterValidator(_sorted)
    ] = _key(
        "CIDRs that people administer from; never the world.",
        ["203.0.113.0/24"],
        min_length=1,
        max_length=OPERATOR_CIDRS,
    )
    flow_log_retention_days: Annotated[int, AfterValidator(aws.log_retention)] = _key(
        "How long CloudWatch Logs keeps the flow logs.",
        30,
        json_schema_extra={"enum": list(aws.LOG_RETENTIONS)},
    )
    image: Annotated[str, _form(aws.image)] | None = _key(
        "An amd64 Ubuntu 24.04 AMI; default: Canonical's public SSM parameter, at plan time.",
        "ami-0123456789abcdef0",
        default=None,
    )
    microblog: Microblog
    application: Application
    management: Management
    servers: Servers
    alarms: Alarms | None = _key(
        "Leave out to subscribe to the SNS topic by other means.", default=None
    )
    state: State | None = _key("Leave out to keep the state on this machine.", default=None)


STATE_SUFFIX = "-state"
"""What the stack of an environment's state bucket adds to the environment's name."""


class Environment(EnvironmentFile):
    """An environment file that holds together, and its name: the file's stem."""

    name: Name

    @property
    def alarm_topic(self) -> str:
        """Name of the SNS topic that alerts go to."""
        return f"{self.project}-{self.name}-alarms"

    def zone_of(self, role: str) -> str:
        """The zone whose subnet holds the server's address; `KeyError` for an unknown role."""
        vpc, tier = TIERS[role]
        address = getattr(self.servers, role).address
        zones: dict[str, ApplicationZone | ManagementZone] = getattr(self, vpc).zones
        return next(name for name, zone in zones.items() if address in getattr(zone, tier))
