"""A deploy waits for the hosts that it made, and believes only reports of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from delivery.readiness import Host, NotReadyError, Report, instances, parse, wait

WEB = Host("i-1", "aws_instance.web_instance", "web")
APP = Host("i-2", "aws_instance.app_instance", "app")


def said(instance: str, result: str = "ok", **more: Any) -> str:
    return json.dumps({"result": result, "seconds": 71, "instance": instance, **more})


class Ssm:
    """Parameter Store, in which each look finds what `looks` has next; the last look stays."""

    def __init__(self, *looks: dict[str, str]) -> None:
        self.looks = list(looks)
        self.asked: list[list[str]] = []

    def get_parameters(self, Names: list[str]) -> Any:
        assert len(Names) <= 10
        self.asked.append(Names)
        held = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return {"Parameters": [{"Name": k, "Value": v} for k, v in held.items() if k in Names]}


def waited(
    ssm: Ssm, *standing: Host, new: set[str], timeout: float = 60
) -> list[tuple[Host, Report]]:
    heard: list[tuple[Host, Report]] = []
    tell: Callable[[Host, Report], None] = lambda host, report: heard.append((host, report))  # noqa: E731
    wait(ssm, "/p/dev", standing, new, timeout=timeout, tell=tell, poll=0)
    return heard


def test_it_ends_when_every_new_host_has_reported() -> None:
    ssm = Ssm({}, {"/p/dev/web/boot": said("i-1")},
              {"/p/dev/web/boot": said("i-1"), "/p/dev/app/boot": said("i-2")})  # fmt: skip
    heard = waited(ssm, WEB, APP, new={"i-1", "i-2"})
    assert [host.role for host, _ in heard] == ["web", "app"]
    assert len(ssm.asked) == 3


def test_a_report_of_the_instance_that_stood_before_is_none() -> None:
    ssm = Ssm({"/p/dev/web/boot": said("i-0")})
    with pytest.raises(NotReadyError, match=r"no report after 0 s from web \(i-1\)"):
        waited(ssm, WEB, new={"i-1"}, timeout=0)


def test_a_failure_of_the_instance_that_stood_before_is_none_either() -> None:
    ssm = Ssm({"/p/dev/web/boot": said("i-0", "failed")}, {"/p/dev/web/boot": said("i-1")})
    assert len(waited(ssm, WEB, new={"i-1"})) == 1


def test_a_failed_boot_ends_it_with_the_end_of_that_hosts_log() -> None:
    report = said("i-2", "failed", step="gunicorn", log="pip: no space left\n")
    with pytest.raises(NotReadyError) as caught:
        waited(Ssm({"/p/dev/app/boot": report}), WEB, APP, new={"i-1", "i-2"})
    log, line = str(caught.value).splitlines()
    assert log == "pip: no space left"
    assert line.startswith("app (i-2) failed to boot at gunicorn, and its log ends so; ")
    assert "--replace aws_instance.app_instance" in line
    assert "/p/dev/app/boot" in line


def test_a_host_that_failed_in_an_earlier_deploy_fails_this_one_too() -> None:
    with pytest.raises(NotReadyError, match=r"app \(i-2\) failed"):
        waited(Ssm({"/p/dev/app/boot": said("i-2", "failed")}), WEB, APP, new=set())


def test_a_host_that_stood_before_and_is_silent_is_not_waited_for() -> None:
    assert waited(Ssm({}), WEB, APP, new=set()) == []


def test_more_hosts_than_one_call_takes_are_all_asked_for() -> None:
    hosts = [Host(f"i-{n}", f"aws_instance.h{n}", f"h{n}") for n in range(23)]
    ssm = Ssm({f"/p/dev/h{n}/boot": said(f"i-{n}") for n in range(23)})
    assert len(waited(ssm, *hosts, new={one.id for one in hosts})) == 23


@pytest.mark.parametrize("text", ["", "ok", "[]", "{}", '{"result": "ok"}', '{"instance": "i-1"}'])
def test_what_is_no_report_is_none(text: str) -> None:
    assert parse(text) is None


def test_any_other_result_than_ok_is_a_failure() -> None:
    report = parse('{"result": "OK?", "instance": "i-1", "seconds": 3}')
    assert report is not None
    assert not report.ok


def test_the_servers_of_a_state_are_told_by_their_role() -> None:
    instance = {
        "address": WEB.address,
        "type": "aws_instance",
        "values": {"id": "i-1", "tags": {"Role": "web"}},
    }
    vpc = {"address": "aws_vpc.x", "type": "aws_vpc", "values": {"id": "vpc-1"}}
    state = {"values": {"root_module": {"resources": [vpc, instance]}}}
    assert instances(state) == (WEB,)
    assert instances({"format_version": "1.0"}) == ()
