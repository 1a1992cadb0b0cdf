"""`dev` rehearsed whole, once: its machines boot their real user data, and are asked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rehearsal import host, runs
from tests.rehearsal.rehearsed import APPLICATION, Kept, rehearse, traces

WEB = "198.51.100.3"


@pytest.fixture(scope="module")
def kept(outdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    if reason := host.missing():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("rehearsal")
    done = rehearse(
        *("dev", "--dir", outdir, "--app", APPLICATION, "--keep"),
        *("--fault", "kill:app", "--fault", "reboot:web"),
        *("--json", folder / "checks.json", "--junit", folder / "junit.xml"),
    )
    found = re.search(r"^(\S+) is kept", done.stderr, re.MULTILINE)
    assert found, done.stderr + done.stdout
    run = runs.Run(runs.RUNS / found[1])
    try:
        checks = json.loads((folder / "checks.json").read_text())["checks"]
        yield Kept(run, checks, (folder / "junit.xml").read_text())
    finally:
        ended = rehearse("down", run.name)
    assert (ended.returncode, ended.stdout) == (0, f"{run.name}: down\n"), ended.stderr
    assert traces(run.name) == []


def test_nothing_differs_from_what_it_should_be(kept: Kept) -> None:
    assert [one for one in kept.checks if one["result"] == "failed"] == []


def test_web_and_app_configure_themselves_to_the_end(kept: Kept) -> None:
    boots = kept.of("boot")
    assert boots["web configures itself"]["result"] == "ok"
    assert boots["app configures itself"]["result"] == "ok"


@pytest.mark.parametrize(
    ("machine", "needs"), [("jenkins", "pkg.jenkins.io"), ("monitoring", "apt.grafana.com")]
)
def test_what_cannot_be_had_is_said_and_never_passed(kept: Kept, machine: str, needs: str) -> None:
    boot = kept.of("boot")[f"{machine} configures itself"]
    assert boot["result"] == "left out"
    assert needs in boot["detail"]


def test_every_pair_is_as_reach_says_also_after_faults(kept: Kept) -> None:
    pairs = [one for one in kept.checks if one["group"] == "pairs"]
    assert len(pairs) == 3
    assert {one["result"] for one in pairs} == {"ok"}


def test_the_world_gets_the_application_through_nginx(kept: Kept) -> None:
    site = kept.of("site")[f"http://{WEB}/"]
    assert (site["result"], site["detail"].endswith("from nginx")) == ("ok", True)
    page = rehearse("curl", "web", "/", "--name", kept.run.name)
    assert page.returncode == 0
    assert page.stdout


@pytest.mark.parametrize(
    "target", ["10.0.1.204:9100", "10.0.2.110:9100", "172.31.17.100:9100", "172.31.24.139:9100"]
)
def test_prometheus_finds_and_scrapes_every_host(kept: Kept, target: str) -> None:
    assert kept.of("metrics")[target]["detail"] == "up"


def test_no_target_of_prometheus_is_down(kept: Kept) -> None:
    assert {one["result"] for one in kept.of("metrics").values()} == {"ok"}


def test_gunicorn_killed_comes_back_by_itself(kept: Kept) -> None:
    (killed,) = [one for subject, one in kept.of("fault").items() if "killed on app" in subject]
    assert (killed["subject"].startswith("microblog"), killed["result"]) == (True, "ok")


def test_a_second_boot_of_the_same_disk_comes_up_by_itself(kept: Kept) -> None:
    assert kept.of("fault")["web rebooted"]["result"] == "ok"


@pytest.mark.parametrize("revision", ["a good revision", "a broken revision"])
def test_a_deploy_under_load_loses_no_request(kept: Kept, revision: str) -> None:
    """A good one then serves; a broken one is rolled back."""
    found = [one for subject, one in kept.of("deploy").items() if subject.startswith(revision)]
    assert len(found) == 3
    assert {one["result"] for one in found} == {"ok"}, found


def test_the_node_exporter_tells_which_services_failed(kept: Kept) -> None:
    """Names that tests/userdata/test_monitoring_metrics.py cannot have from a container."""
    metrics = kept.inside("app", "curl -s localhost:9100/metrics")
    units = re.findall(r'^node_systemd_unit_state{name="(.+?)",state="failed",', metrics, re.M)
    assert {"microblog.service", "gunicorn_exporter.service"} <= set(units)


def test_gunicorn_serves_with_four_workers(kept: Kept) -> None:
    lines = kept.inside("app", "ps -o ppid=,pid= -C gunicorn").split("\n")
    pairs = [line.split() for line in lines if line.strip()]
    masters = {parent for parent, _ in pairs} & {own for _, own in pairs}
    assert len(masters) == 1
    assert sum(parent in masters for parent, _ in pairs) == 4


def test_a_machine_sees_no_disk_but_its_own(kept: Kept) -> None:
    kept.inside("web", "echo mine >/var/tmp/of-web; test -e /var/tmp/of-web")
    assert kept.inside("app", "test -e /var/tmp/of-web || echo unseen") == "unseen\n"
    mounts = kept.inside("app", "cat /proc/mounts")
    assert "machines/web" not in mounts
    assert kept.run.name not in kept.inside("app", "ls -d /run/* /tmp/* /var/lib/* || true")


def test_no_namespace_has_a_device_that_leads_to_the_host(kept: Kept) -> None:
    names = kept.namespaces()
    assert {"outside", "vpc0", "vpc1", "host0", "nat0"} <= set(names)
    for name in names:
        links = json.loads(kept.in_namespace(name, "ip", "-json", "-details", "link"))
        kinds = {one.get("linkinfo", {}).get("info_kind", one["link_type"]) for one in links}
        assert kinds <= {"veth", "loopback"}, name
        # The other end of every cable is in a namespace of the rehearsal too.
        for one in links:
            if one["link_type"] != "loopback":
                assert one.get("link_netnsid") is not None or name in ("outside", "vpc0", "vpc1")


def test_a_packet_to_any_address_outside_ends_inside(kept: Kept) -> None:
    def dropped() -> int:
        listing = kept.in_namespace("outside", "nft", "-j", "list", "counters")
        counters = [one["counter"] for one in json.loads(listing)["nftables"] if "counter" in one]
        return sum(one["packets"] for one in counters if one["name"] == "beyond_the_rehearsal")

    before = dropped()
    script = "for one in 192.88.99.1 100.0.0.1; do curl -s -m 2 http://$one/ && exit 1; done; true"
    kept.inside("app", script)
    kept.inside("web", script)
    assert dropped() >= before + 4


def test_user_data_asks_for_metadata_with_a_token_or_gets_none(kept: Kept) -> None:
    url = "http://169.254.169.254/latest/meta-data/instance-id"
    assert kept.inside("app", f"curl -s -o /dev/null -w '%{{http_code}}' {url}") == "401"
    with_token = (
        "token=$(curl -s -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "
        "http://169.254.169.254/latest/api/token); "
        f'curl -s -H "X-aws-ec2-metadata-token: $token" {url}'
    )
    assert re.fullmatch(r"i-[0-9a-f]{17}", kept.inside("app", with_token))


def test_another_rehearsal_beside_it_does_not_collide(kept: Kept, outdir: Path) -> None:
    beside = rehearse("dev", "--dir", outdir, "--network-only")
    assert beside.returncode == 0, beside.stdout + beside.stderr
    assert kept.inside("web", "curl -s http://127.0.0.1/healthz")


def test_the_junit_file_passes_only_what_was_seen(kept: Kept) -> None:
    suite = ElementTree.fromstring(kept.junit)
    skipped = [one.get("name") for one in suite.iter("testcase") if one.find("skipped") is not None]
    assert "jenkins configures itself" in skipped
    assert suite.get("failures") == "0"
    assert int(suite.get("tests", 0)) == len(kept.checks)


def test_the_journal_of_a_machine_can_be_read(kept: Kept) -> None:
    journal = rehearse("logs", "app", "--name", kept.run.name)
    assert "microblog-boot" in journal.stdout
    missing = rehearse("logs", "database", "--name", kept.run.name)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "no machine database runs" in missing.stderr


@pytest.mark.slow
def test_a_lost_host_is_told_of_and_a_replaced_one_deployed_to(
    outdir: Path, tmp_path: Path
) -> None:
    if reason := host.missing():
        pytest.skip(reason)
    report = tmp_path / "checks.json"
    done = rehearse(
        *("dev", "--dir", outdir, "--app", APPLICATION, "--json", report),
        *("--fault", "partition:app", "--fault", "replace:app"),
        timeout=1800,
    )
    checks = json.loads(report.read_text())["checks"]
    results = {one["subject"]: one["result"] for one in checks if one["group"] == "fault"}
    assert results["an alert about app"] == "ok"
    assert results["app is another"] == "ok"
    assert done.returncode == 0, done.stdout
