"""The flow matrix: every conversation there is. What is not in it is closed, egress included."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from constructs_lib.ports import (
    DNS_TCP,
    DNS_UDP,
    GRAFANA,
    GUNICORN,
    GUNICORN_EXPORTER,
    HTTP,
    HTTPS,
    JENKINS,
    MTAIL,
    NGINX_EXPORTER,
    NODE_EXPORTER,
    NTP,
    PROMETHEUS,
    SSH,
    Port,
)
from constructs_lib.quotas import RULES_PER_SECURITY_GROUP

SERVERS = ("web", "app", "jenkins", "monitoring")
SOURCES = frozenset({*SERVERS, "internet", "operators"})
DESTINATIONS = frozenset({*SERVERS, "internet", "resolver", "time"})
"""`resolver` is the VPC's Amazon DNS server, `time` the Amazon Time Sync Service. AWS filters
neither by security group (page "Security group rules"); their flows say what a host needs."""

_DESCRIPTION = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=;!*]{1,255}")
"""What AWS takes as a rule's description (AWS page "Security group rules"), less `$`, `{` and `}`,
which Terraform would read as a template."""


class FlowError(ValueError):
    """A statement of the matrix that cannot be meant; one line."""


@dataclass(frozen=True)
class Flow:
    """`source` opens, `destination` answers on `port`; `why` becomes the rules' description."""

    source: str
    destination: str
    port: Port
    why: str = field(kw_only=True)

    def __post_init__(self) -> None:
        if self.source not in SOURCES:
            raise self._error(f"nothing named {self.source!r} opens conversations", SOURCES)
        if self.destination not in DESTINATIONS:
            raise self._error(f"nothing named {self.destination!r} answers", DESTINATIONS)
        if self.source == self.destination:
            raise self._error("a host needs no rule to talk to itself")
        if not {self.source, self.destination} & set(SERVERS):
            raise self._error("neither end is a server of ours", SERVERS)
        if not self.why.strip():
            raise self._error("says not why; give a reason")
        if not _DESCRIPTION.fullmatch(self.why):
            raise self._error(
                "AWS refuses this why as a description; use 1 to 255 of a-z A-Z 0-9, space "
                "and ._-:/()#,@[]+=;!*"
            )

    @property
    def key(self) -> str:
        """`web-to-app-tcp-5000`: a rule's construct id and Name tag."""
        return f"{self.source}-to-{self.destination}-{self.port.protocol}-{self.port.number}"

    def _error(self, reason: str, known: Iterable[str] = ()) -> FlowError:
        choices = f"; known: {', '.join(sorted(known))}" if known else ""
        return FlowError(f"flow {self.key}: {reason}{choices}")


def _egress_of_every_server() -> Iterable[Flow]:
    for server in SERVERS:
        yield Flow(server, "internet", HTTPS, why="AWS APIs, git and packages over TLS")
        yield Flow(server, "internet", HTTP, why="Ubuntu package mirrors speak plain HTTP, signed")
        yield Flow(server, "resolver", DNS_UDP, why="name resolution")
        yield Flow(server, "resolver", DNS_TCP, why="name resolution, answers too long for UDP")
        yield Flow(server, "time", NTP, why="clock: TLS and request signatures depend on it")


def _scrapes() -> Iterable[Flow]:
    for server in SERVERS:
        if server != "monitoring":
            yield Flow("monitoring", server, NODE_EXPORTER, why="Prometheus scrapes the host")
    yield Flow("monitoring", "web", NGINX_EXPORTER, why="Prometheus scrapes nginx: its connections")
    yield Flow("monitoring", "web", MTAIL, why="Prometheus scrapes nginx: its answers, as logged")
    yield Flow("monitoring", "app", GUNICORN_EXPORTER, why="Prometheus scrapes gunicorn")
    yield Flow("monitoring", "web", HTTP, why="Prometheus probes the site as its users see it")


FLOWS: tuple[Flow, ...] = (
    Flow("internet", "web", HTTP, why="the public site"),
    Flow("operators", "web", SSH, why="operators maintain the web server"),
    Flow("jenkins", "web", SSH, why="a deploy passes through the web server to the application"),
    Flow("web", "app", GUNICORN, why="nginx proxies requests to the application"),
    Flow("web", "app", SSH, why="the second hop of a deploy from Jenkins"),
    Flow("operators", "jenkins", SSH, why="operators maintain the CI server"),
    Flow("operators", "jenkins", JENKINS, why="the Jenkins user interface"),
    Flow("operators", "jenkins", HTTP, why="redirect to the Jenkins user interface"),
    Flow("operators", "monitoring", PROMETHEUS, why="the Prometheus user interface"),
    Flow("operators", "monitoring", GRAFANA, why="the Grafana dashboards"),
    *_scrapes(),
    *_egress_of_every_server(),
)


def flows_of(*, https: bool) -> tuple[Flow, ...]:
    """The flows of an environment, whose site is served by TLS as well or is not."""
    by_tls = Flow("internet", "web", HTTPS, why="the public site by TLS")
    probe = Flow("monitoring", "web", HTTPS, why="Prometheus follows the site to TLS")
    return (*FLOWS, by_tls, probe) if https else FLOWS


def ingress_of(server: str, flows: Iterable[Flow] = FLOWS) -> list[Flow]:
    """The flows that the server answers, sorted by key."""
    return sorted((flow for flow in flows if flow.destination == server), key=lambda flow: flow.key)


def egress_of(server: str, flows: Iterable[Flow] = FLOWS) -> list[Flow]:
    """The flows that the server opens, sorted by key."""
    return sorted((flow for flow in flows if flow.source == server), key=lambda flow: flow.key)


def check(flows: Iterable[Flow], *, operator_cidrs: int = 1) -> None:
    """Raise `FlowError` where the flows contradict each other or exceed AWS's quota.

    `operator_cidrs` is the size of the operators' managed prefix list.
    """
    flows = tuple(flows)
    stated = Counter(flow.key for flow in flows)
    for flow in flows:
        if stated[flow.key] > 1:
            raise FlowError(f"flow {flow.key}: stated {stated[flow.key]} times; state it once")
        if not {flow.source, flow.destination} <= set(SERVERS):
            continue
        reverse = Flow(flow.destination, flow.source, flow.port, why=flow.why).key
        if reverse in stated:
            raise FlowError(f"flow {flow.key}: {reverse} is stated too; keep the one who opens it")
    for server in SERVERS:
        _check_quota(f"{server}'s inbound", ingress_of(server, flows), operator_cidrs)
        _check_quota(f"{server}'s outbound", egress_of(server, flows), operator_cidrs)


def _check_quota(rules: str, flows: list[Flow], operator_cidrs: int) -> None:
    count = sum(operator_cidrs if flow.source == "operators" else 1 for flow in flows)
    if count > RULES_PER_SECURITY_GROUP:
        raise FlowError(
            f"{rules} rules count {count} with {operator_cidrs} operator CIDRs; AWS's quota "
            f"is {RULES_PER_SECURITY_GROUP} for a security group: merge CIDRs or flows"
        )
