"""The comment on a pull request: within GitHub's limit, and nothing in it that GitHub runs."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.plan_comment import LIMIT, markdown, marker
from delivery.receipt import Receipt, Verdict, Versions, Waived
from tests.delivery.test_plan_changes import plan

FENCED = re.compile(r"^(`{3,})text\n(.*?)\n\1$", re.DOTALL | re.MULTILINE)


def receipt(**verdict: Any) -> Receipt:
    return Receipt(
        stack="dev",
        aws="real",
        planned_at=datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.UTC),
        plan="a" * 64,
        document="b" * 64,
        synthesised="c" * 64,
        versions=Versions(engine="Terraform v1.11.4", provider="5.100.0", policies="d" * 64),
        verdict=Verdict(passed=345, **verdict),
    )


def created(addresses: list[str]) -> dict[str, Any]:
    change = {"actions": ["create"], "before": None, "after": {}, "after_unknown": {}}
    bodies = [
        {"address": address, "mode": "managed", "type": "aws_x", "change": change}
        for address in addresses
    ]
    return {"planned_values": {"root_module": {}}, "resource_changes": bodies}


def comment(document: dict[str, Any], **verdict: Any) -> str:
    return markdown(document, Path("plan.json"), receipt(**verdict))


def test_it_begins_with_the_marker_that_a_bot_looks_for() -> None:
    text = comment(plan("public_subnet_moves"))
    assert text.startswith("<!-- microblog-vpc plan dev -->\n")
    assert marker("dev") not in text.removeprefix(marker("dev"))
    assert marker("prod") not in text


def test_what_may_be_lost_is_open_to_the_eye_and_the_rest_folded() -> None:
    text = comment(plan("public_subnet_moves"))
    grave, _, rest = text.partition("<details>")
    assert "aws_nat_gateway" in grave
    assert "its private subnets have no way out meanwhile" in grave
    assert "aws_route_table_association" not in grave
    assert "aws_route_table_association" in rest
    assert text.count("<details>") == text.count("</details>") == 2


def test_a_refusal_is_open_to_the_eye() -> None:
    text = comment(
        created(["aws_x.y"]),
        refused=("CKV_MB_5 dev/rule: SSH is open",),
        broken=("CONTRACT dev: exposed",),
        waived=(Waived(check="CKV_1", path="dev/x", reason="because of a reason"),),
    )
    assert "**The gate refuses it**: 345 passed, 1 waived, 2 refused." in text
    for said in ("SSH is open", "CONTRACT dev: exposed"):
        assert not re.search(rf"<details>(?:(?!</details>).)*{said}", text, re.DOTALL)
    assert "because of a reason" in text


def test_it_says_what_was_planned_by_what_and_when() -> None:
    text = comment(created(["aws_x.y"]))
    assert "2026-11-22 12:00 UTC against AWS by Terraform v1.11.4, AWS provider 5.100.0" in text
    assert "aaaaaaaaaaaa" in text


def test_it_fits_and_says_how_much_is_left_out() -> None:
    document = created([f"aws_x.a-very-long-name-for-a-resource-{n:05}" for n in range(5000)])
    text = comment(document, refused=tuple(f"CKV_{n} {'x' * 300}" for n in range(300)))
    assert LIMIT * 0.9 < len(text.encode()) <= LIMIT
    shown = text.count("a-very-long-name")
    missing = sum(map(int, re.findall(r"… and (\d+) more", text)))
    assert shown + text.count("CKV_") + missing == 5300
    assert text.count("<details>") == text.count("</details>")
    assert text.rstrip().endswith("</sub>")


@pytest.mark.parametrize(
    "nasty",
    [
        "aws_x.y @everyone",
        "aws_x.y ```\n</details><script>alert(1)</script>\n```",
        "aws_x.y `````````` # heading",
        "aws_x.y\n\n### heading\n![](https://example.com/x.png)",
        "aws_x.y <!-- microblog-vpc plan prod -->",
        "aws_x.y \u202e\u0000 [a](javascript:alert)",
    ],
)
def test_what_people_wrote_stays_in_its_fence(nasty: str) -> None:
    text = comment(created([nasty, "aws_x.z"]), refused=(nasty,))
    outside = FENCED.sub("", text)
    for sign in (
        "@everyone",
        "script",
        "heading",
        "example.com",
        "plan prod",
        "javascript",
        "aws_",
    ):
        assert sign not in outside
    assert len(FENCED.findall(text)) == 2


@given(st.lists(st.text(max_size=80), max_size=30), st.lists(st.text(max_size=500), max_size=40))
def test_no_text_leaves_its_fence_nor_breaks_the_limit(
    addresses: list[str], refused: list[str]
) -> None:
    text = comment(created(addresses), refused=tuple(refused))
    assert len(text.encode()) <= LIMIT
    outside = FENCED.sub("", text)
    plain = comment(created(["x"] * len(addresses)), refused=("y",) * len(refused))
    assert outside == FENCED.sub("", plain)
