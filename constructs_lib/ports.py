"""The ports that conversations of this system use."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Port:
    """A named port; `number` is 1 to 65535."""

    name: str
    protocol: Literal["tcp", "udp"]
    number: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= 65535:
            raise ValueError(f"port {self.name}: {self.number} is no port; use 1 to 65535")

    def __str__(self) -> str:
        return f"{self.number}/{self.protocol}"


SSH = Port("SSH", "tcp", 22)
DNS_TCP = Port("DNS", "tcp", 53)
DNS_UDP = Port("DNS", "udp", 53)
HTTP = Port("HTTP", "tcp", 80)
NTP = Port("NTP", "udp", 123)
HTTPS = Port("HTTPS", "tcp", 443)
GRAFANA = Port("Grafana", "tcp", 3000)
MTAIL = Port("mtail", "tcp", 3903)
GUNICORN = Port("gunicorn", "tcp", 5000)
JENKINS = Port("Jenkins", "tcp", 8080)
PROMETHEUS = Port("Prometheus", "tcp", 9090)
NODE_EXPORTER = Port("node exporter", "tcp", 9100)
GUNICORN_EXPORTER = Port("gunicorn exporter", "tcp", 9102)
NGINX_EXPORTER = Port("nginx exporter", "tcp", 9113)
