"""The forms of values, held against what others wrote: git itself, and AWS's own API models."""

import re
import shutil
import subprocess
from collections.abc import Callable

import botocore.session
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from constructs_lib.formats import aws, git

ARM64_FAMILIES = frozenset(
    """
    a1 c6g c6gd c6gn c7g c7gd c7gn c8g g5g hpc7g i4g i8g im4gn is4gen m6g m6gd m7g m7gd m8g r6g r6gd
    r7g r7gd r8g t4g x2gd x8g
    """.split()  # noqa: SIM905 - a list of 27 lines says no more
)
"""Of the families in the API model, those whose AWS page names a Graviton processor."""

MAC_FAMILIES = {"mac1", "mac2", "mac2-m1ultra", "mac2-m2", "mac2-m2pro"}


def accepted(form: Callable[[object], object], value: object) -> bool:
    try:
        form(value)
    except PydanticCustomError:
        return False
    return True


def test_of_all_instance_types_just_those_that_boot_an_amd64_linux_image_are_accepted() -> None:
    ec2 = botocore.session.get_session().get_service_model("ec2")
    types = ec2.shape_for("InstanceType").enum
    assert len(types) > 800
    refused = {one.partition(".")[0] for one in types if not accepted(aws.instance_type, one)}
    assert refused == ARM64_FAMILIES | MAC_FAMILIES


@pytest.mark.parametrize("one", ("p6e-gb200.36xlarge", "m9g.large", "r8gb.metal-24xl"))
def test_a_newer_arm64_family_is_known_by_its_name(one: str) -> None:
    assert not accepted(aws.instance_type, one)


@pytest.mark.parametrize("one", ("T3.micro", "t3", "t3.", ".micro", "t3.0xlarge", "t3.micro\n"))
def test_what_only_resembles_an_instance_type_is_refused(one: str) -> None:
    assert not accepted(aws.instance_type, one)


def test_every_region_of_every_partition_is_accepted_and_its_zones_are_not() -> None:
    session = botocore.session.get_session()
    partitions = session.get_available_partitions()
    regions = [
        region
        for partition in partitions
        for region in session.get_available_regions("ec2", partition, allow_non_regional=False)
    ]
    assert {"us-east-1", "us-gov-west-1", "cn-north-1"} <= set(regions)
    assert [region for region in regions if not accepted(aws.region, region)] == []
    assert [region for region in regions if accepted(aws.region, f"{region}a")] == []


def test_the_retentions_are_those_of_the_cloudwatch_logs_api() -> None:
    logs = botocore.session.get_session().get_service_model("logs")
    listed = logs.shape_for("LogGroup").members["retentionInDays"].documentation
    assert tuple(map(int, re.findall(r"[0-9]+", listed))) == aws.LOG_RETENTIONS, listed


@pytest.mark.skipif(not shutil.which("git"), reason="needs git: apt-get install git")
@settings(max_examples=150, deadline=None)
@given(st.text("aZ09._/-+@{~^:?*[\\ ;$\n\x7f", min_size=1, max_size=8))
def test_a_revision_is_accepted_just_if_git_takes_it_and_a_shell_reads_it_as_text(
    written: str,
) -> None:
    harmless = not set(written) & set("{;$") and not written.startswith("-")
    expected = harmless and git_takes(written)
    assert accepted(git.revision, written) == expected


def git_takes(name: str) -> bool:
    command = ["git", "check-ref-format", "--allow-onelevel", name]
    return subprocess.run(command, check=False, timeout=60).returncode == 0


@pytest.mark.parametrize(
    "url",
    (
        "https://github.com/owner/name",
        "https://git.example.org:8443/~user/name.git",
        "https://git.example.org/group/sub-group/name_2.git",
    ),
)
def test_an_https_url_of_a_repository_is_accepted(url: str) -> None:
    assert accepted(git.repository, url)


@pytest.mark.parametrize(
    "url",
    (
        "https://token@github.com/owner/name.git",
        "ssh://git@github.com/owner/name.git",
        "file:///etc/passwd",
        "ext::sh -c reboot",
        "https://github.com/owner/name.git#main",
        "https://github.com/owner/$(reboot).git",
        "https://github.com//",
        "https://-oProxyCommand=x/owner/name",
        "https://[::1/owner/name",
        "https://github.com:0/owner/name",
    ),
)
def test_what_git_would_run_or_log_in_with_is_refused(url: str) -> None:
    assert not accepted(git.repository, url)


@pytest.mark.parametrize("name", ("abc", "a-b.c", "1bucket1", "a" * 63))
def test_a_bucket_name_within_the_rules_is_accepted(name: str) -> None:
    assert accepted(aws.bucket, name)


@pytest.mark.parametrize(
    "name",
    (
        "ab",
        "a" * 64,
        "-abc",
        "abc-",
        "a_b",
        "Abc",
        "a..b",
        "10.0.0.1",
        "sthree-x",
        "xn--abc",
        "amzn-s3-demo-x",
        "x-s3alias",
        "x--ol-s3",
        "x.mrap",
        "x--x-s3",
        "x--table-s3",
        "x-111122223333-us-east-1-an",
        "abc\n",
    ),
)
def test_a_bucket_name_that_s3_refuses_is_refused(name: str) -> None:
    assert not accepted(aws.bucket, name)
