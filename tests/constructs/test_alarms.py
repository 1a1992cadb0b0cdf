"""The topic that alerts go to, and who reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.synthesised import DEV, of_type, stack, synthesise


def test_the_topic_is_named_after_the_environment_and_encrypted(dev: dict[str, Any]) -> None:
    (topic,) = of_type(dev, "aws_sns_topic").values()
    assert topic["name"] == "microblog-dev-alarms"
    assert topic["kms_master_key_id"] == "alias/aws/sns"


def test_nobody_is_subscribed_unless_the_environment_says_so(dev: dict[str, Any]) -> None:
    assert "aws_sns_topic_subscription" not in dev["resource"]


def test_the_environments_address_is_subscribed(tmp_path: Path) -> None:
    text = DEV.read_text() + '\n[alarms]\nemail = "ops@example.com"\n'
    told = stack(synthesise(tmp_path, told=text), "told")
    (subscription,) = of_type(told, "aws_sns_topic_subscription").values()
    assert (subscription["protocol"], subscription["endpoint"]) == ("email", "ops@example.com")
    assert subscription["topic_arn"] == "${aws_sns_topic.alarms_topic.arn}"
