"""The flow matrix says what the seed topology says, and a nonsensical flow is refused."""

import dataclasses
import string

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib import quotas
from constructs_lib.environment import TIERS
from constructs_lib.flows import (
    FLOWS,
    SERVERS,
    Flow,
    FlowError,
    check,
    egress_of,
    flows_of,
    ingress_of,
)
from constructs_lib.ports import DNS_UDP, GUNICORN, HTTP, HTTPS, NTP, SSH, Port

CONVERSATIONS = {
    "internet-to-web-tcp-80",
    "operators-to-web-tcp-22",
    "jenkins-to-web-tcp-22",
    "web-to-app-tcp-5000",
    "web-to-app-tcp-22",
    "monitoring-to-web-tcp-80",
    "monitoring-to-web-tcp-3903",
    "monitoring-to-web-tcp-9100",
    "monitoring-to-web-tcp-9113",
    "monitoring-to-app-tcp-9100",
    "monitoring-to-app-tcp-9102",
    "monitoring-to-jenkins-tcp-9100",
    "operators-to-jenkins-tcp-22",
    "operators-to-jenkins-tcp-8080",
    "operators-to-jenkins-tcp-80",
    "operators-to-monitoring-tcp-9090",
    "operators-to-monitoring-tcp-3000",
}
"""The seed topology's table, row by row."""

EGRESS = {
    f"{server}-to-{peer}"
    for server in ("web", "app", "jenkins", "monitoring")
    for peer in (
        "internet-tcp-443",
        "internet-tcp-80",
        "resolver-udp-53",
        "resolver-tcp-53",
        "time-udp-123",
    )
}


def test_the_matrix_is_the_seed_table_and_the_egress_every_host_needs_and_nothing_else() -> None:
    assert {flow.key for flow in FLOWS} == CONVERSATIONS | EGRESS
    assert len(FLOWS) == len(CONVERSATIONS | EGRESS)


def test_the_internet_opens_nothing_but_http_to_the_web_server() -> None:
    assert [flow.key for flow in FLOWS if flow.source == "internet"] == ["internet-to-web-tcp-80"]


def test_nothing_but_its_three_callers_reaches_the_application_server() -> None:
    callers = {flow.source for flow in ingress_of("app")}
    assert callers == {"web", "monitoring"}


def test_every_server_of_the_matrix_has_a_tier_and_every_tier_a_server() -> None:
    assert set(SERVERS) == set(TIERS)


@pytest.mark.parametrize("server", SERVERS)
def test_the_flows_of_a_server_are_sorted_by_key_and_complete(server: str) -> None:
    ingress = [flow.key for flow in ingress_of(server)]
    egress = [flow.key for flow in egress_of(server)]
    assert ingress == sorted(key for key in CONVERSATIONS | EGRESS if f"-to-{server}-" in key)
    assert egress == sorted(
        key for key in CONVERSATIONS | EGRESS if key.startswith(f"{server}-to-")
    )


def test_every_flow_but_egress_to_services_is_one_servers_ingress() -> None:
    answered = [flow for server in SERVERS for flow in ingress_of(server)]
    assert {flow.key for flow in answered} == CONVERSATIONS


def test_the_matrix_holds_together_with_as_many_operators_as_a_file_may_name() -> None:
    check(FLOWS, operator_cidrs=quotas.OPERATOR_CIDRS)


def test_one_operator_more_than_a_file_may_name_exceeds_a_security_group() -> None:
    with pytest.raises(FlowError, match="jenkins's inbound rules count 61 with 20 operator CIDRs"):
        check(FLOWS, operator_cidrs=quotas.OPERATOR_CIDRS + 1)


def test_a_flow_that_differs_only_in_its_reason_is_a_duplicate() -> None:
    again = Flow("web", "app", GUNICORN, why="another reason")
    with pytest.raises(FlowError, match=r"^flow web-to-app-tcp-5000: stated 2 times; state it"):
        check([*FLOWS, again])


def test_two_servers_that_open_the_same_port_to_each_other_are_refused() -> None:
    backwards = Flow("app", "web", GUNICORN, why="the wrong way round")
    with pytest.raises(FlowError, match="app-to-web-tcp-5000 is stated too"):
        check([*FLOWS, backwards])


def test_http_from_and_to_the_internet_is_no_contradiction() -> None:
    check([flow for flow in FLOWS if {flow.source, flow.destination} == {"web", "internet"}])


@pytest.mark.parametrize("direction", ("inbound", "outbound"))
def test_sixty_rules_fit_a_security_group_and_sixty_one_do_not(direction: str) -> None:
    ends = ("internet", "web") if direction == "inbound" else ("web", "internet")
    flows = [Flow(*ends, Port("x", "tcp", number), why="x") for number in range(1, 62)]
    check(flows[:60])
    with pytest.raises(FlowError, match=f"web's {direction} rules count 61"):
        check(flows)


@pytest.mark.parametrize(
    ("source", "destination", "why", "told"),
    [
        ("web", "app", "", "flow web-to-app-tcp-22: says not why; give a reason"),
        ("web", "app", "  ", "flow web-to-app-tcp-22: says not why; give a reason"),
        (
            "wbe",
            "app",
            "x",
            "flow wbe-to-app-tcp-22: nothing named 'wbe' opens conversations; "
            "known: app, internet, jenkins, monitoring, operators, web",
        ),
        (
            "web",
            "operators",
            "x",
            "flow web-to-operators-tcp-22: nothing named 'operators' answers; "
            "known: app, internet, jenkins, monitoring, resolver, time, web",
        ),
        (
            "time",
            "web",
            "x",
            "flow time-to-web-tcp-22: nothing named 'time' opens conversations; "
            "known: app, internet, jenkins, monitoring, operators, web",
        ),
        ("web", "web", "x", "flow web-to-web-tcp-22: a host needs no rule to talk to itself"),
        (
            "operators",
            "internet",
            "x",
            "flow operators-to-internet-tcp-22: neither end is a server of ours; "
            "known: app, jenkins, monitoring, web",
        ),
    ],
)
def test_a_flow_that_cannot_be_meant_is_refused_in_one_line(
    source: str, destination: str, why: str, told: str
) -> None:
    with pytest.raises(FlowError) as caught:
        Flow(source, destination, SSH, why=why)
    assert str(caught.value) == told


@given(st.text(min_size=1, max_size=300).filter(str.strip))
def test_a_reason_that_is_accepted_is_one_that_the_ec2_api_documents_as_allowed(why: str) -> None:
    # IpRange$Description of the API model; a test below holds that this is what it says
    documented = set(string.ascii_letters + string.digits + " ._-:/()#,@[]+=&;{}!$*")
    try:
        Flow("web", "app", SSH, why=why)
    except FlowError:
        return
    assert len(why) <= 255
    assert set(why) <= documented


def test_the_ec2_api_documents_the_characters_that_this_test_relies_on() -> None:
    ec2 = botocore.session.get_session().get_service_model("ec2")
    documentation = ec2.shape_for("IpRange").members["Description"].documentation
    assert "Up to 255 characters" in documentation
    assert "a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&amp;;{}!$*" in documentation


@pytest.mark.parametrize("why", ("it's", "a & b", "café", "two\nlines", "${x}", "<b>", "x" * 256))
def test_a_reason_that_aws_refuses_or_terraform_interpolates_is_refused(why: str) -> None:
    with pytest.raises(FlowError, match=r"^flow web-to-app-tcp-22: AWS refuses this why"):
        Flow("web", "app", SSH, why=why)


def test_a_flow_cannot_be_changed() -> None:
    flow = Flow("web", "app", SSH, why="x")
    with pytest.raises(dataclasses.FrozenInstanceError):
        flow.source = "internet"


@pytest.mark.parametrize("number", (0, -1, 65536))
def test_a_port_outside_the_range_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=f"{number} is no port"):
        Port("x", "tcp", number)


def test_ports_have_the_numbers_that_their_services_registered() -> None:
    registered = {"HTTP": "80/tcp", "HTTPS": "443/tcp", "SSH": "22/tcp", "NTP": "123/udp"}
    assert {port.name: str(port) for port in (HTTP, HTTPS, SSH, NTP)} == registered
    assert str(DNS_UDP) == "53/udp"


def test_a_site_served_by_tls_is_open_on_443_and_nothing_else_is() -> None:
    by_tls = {flow.key for flow in flows_of(https=True)} - {flow.key for flow in FLOWS}
    assert by_tls == {"internet-to-web-tcp-443", "monitoring-to-web-tcp-443"}
    assert flows_of(https=False) == FLOWS
    check(flows_of(https=True), operator_cidrs=quotas.OPERATOR_CIDRS)
