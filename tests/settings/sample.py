"""One sound environment file, whole, that table tests change in one place."""

from pathlib import Path

from constructs_lib.settings import ConfigurationError, load

SOUND = """\
project = "microblog"
region = "us-east-1"
operators = ["203.0.113.0/24"]
flow_log_retention_days = 30

[microblog]
repository = "https://github.com/miguelgrinberg/microblog.git"
revision = "v0.23"

[application]
cidr = "10.0.0.0/18"

[application.zones.us-east-1a]
public_subnet = "10.0.1.0/24"
private_subnet = "10.0.2.0/24"

[application.zones.us-east-1b]
public_subnet = "10.0.3.0/24"
private_subnet = "10.0.4.0/24"
nat_gateway = "us-east-1a"

[management]
vpc = "create"
cidr = "172.31.0.0/18"

[management.zones.us-east-1d]
public_subnet = "172.31.16.0/20"

[servers.web]
instance_type = "t3.micro"
address = "10.0.1.204"
root_volume_gib = 16
on_user_data_change = "replace"

[servers.app]
instance_type = "t3.micro"
address = "10.0.2.110"
root_volume_gib = 16
on_user_data_change = "in_place"

[servers.jenkins]
instance_type = "t3.medium"
address = "172.31.17.100"
root_volume_gib = 32
on_user_data_change = "in_place"

[servers.monitoring]
instance_type = "t3.micro"
address = "172.31.24.139"
root_volume_gib = 16
on_user_data_change = "replace"
"""


def changed(old: str, new: str) -> str:
    """The sound file with the one place that reads `old` reading `new`."""
    assert SOUND.count(old) == 1, f"{old!r} stands {SOUND.count(old)} times"
    return SOUND.replace(old, new)


def lines(path: Path, content: str | bytes) -> list[str]:
    """What a person is told of the file, each line without the file's name; none if sound."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    try:
        load(path)
    except ConfigurationError as error:
        return [str(problem).removeprefix(f"{path}: ") for problem in error.problems]
    return []
