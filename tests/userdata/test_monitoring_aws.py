"""The monitoring host and an emulated AWS: whom the real Prometheus finds, and what the real
Alertmanager tells. No packet leaves loopback: what is found is scraped on a closed port of it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from loopback import Programs, ask, eventually, free_port
from moto.server import ThreadedMotoServer
from userdata_hosts import install, make_host, need

KEYS = {
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
    "region_name": "us-east-1",
}
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

HOSTS = {
    "web": ("Web_Server", "10.0.1.204"),
    "app": ("Application_Server", "10.0.2.110"),
    "jenkins": ("Jenkins", "10.0.3.100"),
    "monitoring": ("Monitoring", "10.0.3.139"),
}


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def run_instance(ec2: Any, subnet: str, role: str, address: str, environment: str = "dev") -> str:
    """The id of a new instance of the role, with the tags that Prometheus goes by."""
    name, _ = HOSTS[role]
    tags = {"Project": "microblog", "Environment": environment, "Role": role, "Name": name}
    (instance,) = ec2.run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        PrivateIpAddress=address,
        TagSpecifications=[
            {
                "ResourceType": "instance",
                "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
            }
        ],
    )["Instances"]
    identity: str = instance["InstanceId"]
    return identity


def found(url: str) -> dict[str, set[tuple[str, str, str, str]]]:
    """By job: (instance, host, role, address) of every host that EC2 named."""
    hosts: dict[str, set[tuple[str, str, str, str]]] = {}
    for target in ask(f"{url}/api/v1/targets", state="active")["activeTargets"]:
        labels = target["labels"]
        if "role" in labels:
            row = (labels["instance"], labels["host"], labels["role"], labels["address"])
            hosts.setdefault(labels["job"], set()).add(row)
    return hosts


@pytest.fixture
def prometheus(aws: str, tmp_path: Path) -> Iterator[str]:
    command = need("prometheus", "prometheus")
    own = free_port()
    root = install(
        make_host(tmp_path),
        "monitoring",
        "prometheus",
        "prometheus_main",
        PROMETHEUS_PORT=own,
        PROMETHEUS_EC2_ENDPOINT=aws,
    )
    path = root / "etc/prometheus/prometheus.yml"
    config = yaml.safe_load(path.read_text())
    for job in config["scrape_configs"]:
        for discovery in job.get("ec2_sd_configs", []):
            discovery["refresh_interval"] = "1s"
            job["relabel_configs"] = [
                {"source_labels": ["__address__"], "target_label": "address"},
                *job["relabel_configs"],
                {"target_label": "__address__", "replacement": "127.0.0.1:1"},
            ]
    path.write_text(yaml.safe_dump(config))
    with Programs(tmp_path) as programs:
        programs.start(
            command,
            f"--config.file={path}",
            f"--storage.tsdb.path={tmp_path}/data",
            f"--web.listen-address=127.0.0.1:{own}",
            ready=f"http://127.0.0.1:{own}/-/ready",
            environment=ENVIRONMENT,
        )
        yield f"http://127.0.0.1:{own}"


def test_every_host_is_found_by_its_tags_and_a_new_one_takes_its_place(
    aws: str, prometheus: str
) -> None:
    ec2 = boto3.client("ec2", endpoint_url=aws, **KEYS)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/18")["Subnet"]["SubnetId"]
    other = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.64.0/18")["Subnet"]["SubnetId"]
    run_instance(ec2, other, "web", "10.0.65.4", environment="prod")
    addresses = {role: address for role, (_, address) in HOSTS.items()}
    ids = {role: run_instance(ec2, subnet, role, addresses[role]) for role in HOSTS}

    def expected() -> dict[str, set[tuple[str, str, str, str]]]:
        def rows(port: int, *roles: str) -> set[tuple[str, str, str, str]]:
            return {
                (ids[role], HOSTS[role][0], role, f"{addresses[role]}:{port}") for role in roles
            }

        return {
            "node": rows(9100, *HOSTS),
            "nginx": rows(9113, "web"),
            "mtail": rows(3903, "web"),
            "site": rows(80, "web"),
            "gunicorn": rows(9102, "app"),
        }

    eventually(lambda: found(prometheus) == expected(), "the four hosts are found")

    ec2.terminate_instances(InstanceIds=[ids["web"]])
    # Not at the old address, which AWS would allow: moto frees it too late.
    addresses["web"] = "10.0.1.205"
    ids["web"] = run_instance(ec2, subnet, "web", addresses["web"])
    eventually(lambda: found(prometheus) == expected(), "the new web server is found")

    # One that was stopped is no target.
    ec2.stop_instances(InstanceIds=[ids["jenkins"]])

    def without_jenkins() -> bool:
        return {role for _, _, role, _ in found(prometheus)["node"]} == {*HOSTS} - {"jenkins"}

    eventually(without_jenkins, "the stopped host is no target")


def test_an_alert_reaches_who_is_subscribed_in_words(aws: str, tmp_path: Path) -> None:
    command = need("prometheus-alertmanager", "prometheus-alertmanager")
    sns = boto3.client("sns", endpoint_url=aws, **KEYS)
    sqs = boto3.client("sqs", endpoint_url=aws, **KEYS)
    topic = sns.create_topic(Name="microblog-dev-alarms")["TopicArn"]
    queue = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])[
            "Attributes"
        ]["QueueArn"],
    )
    own = free_port()
    root = install(
        make_host(tmp_path),
        "monitoring",
        "alertmanager",
        "alertmanager_main",
        ALERTMANAGER_SNS_ENDPOINT=aws,
    )
    path = root / "etc/prometheus/alertmanager.yml"
    config = yaml.safe_load(path.read_text())
    config["route"]["group_wait"] = "0s"
    path.write_text(yaml.safe_dump(config))
    with Programs(tmp_path) as programs:
        programs.start(
            command,
            f"--config.file={path}",
            f"--storage.path={tmp_path}/data",
            f"--web.listen-address=127.0.0.1:{own}",
            "--cluster.listen-address=",
            ready=f"http://127.0.0.1:{own}/-/ready",
            environment=ENVIRONMENT,
        )
        alert = {
            "labels": {"alertname": "HostDown", "severity": "critical", "instance": "i-1"},
            "annotations": {
                "summary": "Web_Server runs, but does not answer Prometheus.",
                "action": "Open a session on it.",
                "runbook": "docs/runbook.md#hostdown",
            },
        }
        held_back = {
            "labels": {"alertname": "SiteDown", "severity": "critical", "instance": "i-1"},
            "annotations": {"summary": "The site does not give its first page."},
        }
        sent = urllib.request.Request(
            f"http://127.0.0.1:{own}/api/v2/alerts",
            data=json.dumps([alert, held_back]).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(sent, timeout=30).close()

        def messages() -> list[dict[str, Any]]:
            return sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])

        (message,) = eventually(messages, "SNS has the alert")
        assert messages() == []
    body = json.loads(message["Body"])
    assert body["TopicArn"] == topic
    assert body["Subject"] == "FIRING HostDown"
    assert body["Message"].split("\n")[:2] == [
        "FIRING: Web_Server runs, but does not answer Prometheus.",
        "Open a session on it. (docs/runbook.md#hostdown)",
    ]
