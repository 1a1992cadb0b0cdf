"""Backups and restores of the fixture application's database, with snapshots taken of moto."""

from __future__ import annotations

import datetime
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from app_host import AppHost, app_host
from aws_endpoint import serving
from moto.ec2.models import ec2_backends
from moto.server import ThreadedMotoServer

REGION = "us-east-1"


@dataclass
class Backed:
    host: AppHost
    ec2: Any

    def copies(self) -> list[Path]:
        return sorted((self.host.root / "srv/microblog/data/backups").glob("app-*.db"))

    def snapshots(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ec2.describe_snapshots(
            Filters=[{"Name": "description", "Values": ["microblog-backup"]}]
        )["Snapshots"]
        return found

    def posts(self) -> int:
        ((count,),) = self.host.database("SELECT count(*) FROM post")
        return int(count)

    def post(self) -> None:
        self.host.database("INSERT INTO post (body) VALUES ('hello')")


@pytest.fixture(scope="module")
def deployed(packages: Path) -> Iterator[Backed]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    ec2 = boto3.client("ec2", endpoint_url=url, region_name=REGION, **keys)
    try:
        ec2_backends["123456789012"][REGION].reset()
        (instance,) = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"]
        with serving() as metadata:
            metadata.instance = instance["InstanceId"]
            with app_host(packages, AWS_METADATA_URL=metadata.url, AWS_ENDPOINT=url) as host:
                assert host.deploy("v1").returncode == 0
                yield Backed(host, ec2)
    finally:
        server.stop()


@pytest.fixture
def backed(deployed: Backed) -> Backed:
    """A host with no post, no copy and no snapshot."""
    deployed.host.database("DELETE FROM post")
    for copy in (deployed.host.root / "srv/microblog/data/backups").iterdir():
        copy.unlink()
    for snapshot in deployed.snapshots():
        deployed.ec2.delete_snapshot(SnapshotId=snapshot["SnapshotId"])
    return deployed


def test_a_backup_is_a_copy_and_a_snapshot_that_is_told_by_its_tags(backed: Backed) -> None:
    backed.post()
    result = backed.host.command("microblog-backup")
    assert (result.returncode, result.stderr) == (0, "")
    (copy,) = backed.copies()
    assert backed.host.database("SELECT body FROM post", f"backups/{copy.name}") == [("hello",)]
    (snapshot,) = backed.snapshots()
    assert {tag["Key"]: tag["Value"] for tag in snapshot["Tags"]} == {
        "Project": "microblog",
        "Environment": "dev",
        "Role": "app",
        "Name": "microblog-dev-app",
    }
    metrics = backed.host.root / "var/lib/prometheus/node-exporter/microblog-backup.prom"
    assert metrics.read_text().startswith("microblog_backup_result 1\n")


def test_only_its_own_old_copies_and_snapshots_go(backed: Backed) -> None:
    copies = backed.host.root / "srv/microblog/data/backups"
    old = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=20)
    assert backed.host.command("microblog-backup").returncode == 0
    (copy,) = backed.copies()
    copy = copy.rename(copies / "app-old.db")
    os.utime(copy, (old.timestamp(), old.timestamp()))
    (volume,) = backed.ec2.describe_volumes()["Volumes"]
    other = backed.ec2.create_snapshot(VolumeId=volume["VolumeId"], Description="microblog-backup")[
        "SnapshotId"
    ]
    backend = ec2_backends["123456789012"][REGION]
    for snapshot in backend.snapshots.values():
        snapshot.start_time = old
    before = {each["SnapshotId"] for each in backed.snapshots()}
    assert backed.host.command("microblog-backup").returncode == 0
    assert not copy.exists() and len(backed.copies()) == 1
    after = {each["SnapshotId"] for each in backed.snapshots()}
    assert other in after and before & after == {other} and len(after) == 2


def test_a_backup_that_fails_says_so(backed: Backed) -> None:
    database = backed.host.root / "srv/microblog/data/app.db"
    content = database.read_bytes()
    database.write_bytes(b"not a database" * 1000)
    result = backed.host.command("microblog-backup")
    database.write_bytes(content)
    assert result.returncode == 1
    assert "not a database" in result.stderr and "Traceback" not in result.stderr
    metrics = backed.host.root / "var/lib/prometheus/node-exporter/microblog-backup.prom"
    assert metrics.read_text().startswith("microblog_backup_result 0\n")
    assert (backed.copies(), backed.snapshots()) == ([], [])


def test_a_restore_brings_back_what_was_and_keeps_what_is(backed: Backed) -> None:
    backed.post()
    assert backed.host.command("microblog-backup").returncode == 0
    (copy,) = backed.copies()
    backed.post()
    result = backed.host.command("microblog-restore", copy)
    assert result.returncode == 0, result.stderr
    assert backed.posts() == 1
    (kept,) = copy.parent.glob("before-restore-*.db")
    assert backed.host.database("SELECT count(*) FROM post", f"backups/{kept.name}") == [(2,)]
    # And back again; also to a release whose schema is newer.
    assert backed.host.deploy("v2").returncode == 0
    assert backed.host.command("microblog-restore", copy).returncode == 0
    assert (backed.posts(), backed.host.schema()) == (1, "0002")
    assert backed.host.get("/")["posts"] == 1


def test_a_restore_of_what_does_not_work_changes_nothing(backed: Backed, tmp_path: Path) -> None:
    backed.post()
    assert backed.host.command("microblog-backup").returncode == 0
    (copy,) = backed.copies()
    schema = backed.host.schema()
    broken = tmp_path / "broken.db"
    broken.write_bytes(copy.read_bytes()[:5000])
    newer = tmp_path / "newer.db"
    newer.write_bytes(copy.read_bytes())
    with sqlite3.connect(newer) as database:
        database.execute("UPDATE alembic_version SET version_num = 'of a later release'")
    for file in (broken, newer):
        result = backed.host.command("microblog-restore", file)
        assert result.returncode == 1, result.stderr
        assert "was not restored" in result.stderr
        assert (backed.posts(), backed.host.schema()) == (1, schema)
    for arguments in ([], [tmp_path / "none"], [copy, copy]):
        assert backed.host.command("microblog-restore", *arguments).returncode == 2
