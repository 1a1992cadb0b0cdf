"""The gate refuses every unsafe edit of the real `dev`, for the right reason, and no safe one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import safe_edits
import unsafe_edits
from dev_stack import Dev

from policies.contract import CHECK
from policies.report import Report

Judge = Callable[[dict[str, Any]], Report]


@pytest.mark.parametrize("unsafe", unsafe_edits.EDITS, ids=lambda one: one.edit.__name__)
def test_an_unsafe_edit_is_refused_where_it_was_made(
    unsafe: unsafe_edits.Unsafe, dev_document: dict[str, Any], judge: Judge
) -> None:
    dev = Dev(dev_document)
    unsafe.edit(dev)
    refused = {(one.check, one.path): one for one in judge(dev.document).refused}
    assert (unsafe.check, unsafe.path) in refused
    problems = refused[unsafe.check, unsafe.path].problems
    assert problems and not any("could not decide" in problem for problem in problems)


@pytest.mark.parametrize("edit", safe_edits.EDITS, ids=lambda one: one.__name__)
def test_a_safe_edit_is_not_refused(
    edit: Callable[[Dev], None], dev_document: dict[str, Any], judge: Judge
) -> None:
    """By a rule; some of these open what the contract would have to promise first."""
    dev = Dev(dev_document)
    edit(dev)
    report = judge(dev.document)
    refused = [one for one in report.refused if one.check != CHECK]
    assert [(one.check, one.path, one.problems) for one in refused] == []
    assert report.waiver_problems == ()


def test_there_are_enough_edits_and_no_two_alike() -> None:
    unsafe = {one.edit.__name__ for one in unsafe_edits.EDITS}
    assert len(unsafe) == len(unsafe_edits.EDITS) >= 60
    assert len({one.__name__ for one in safe_edits.EDITS}) >= 15
    assert len({one.check for one in unsafe_edits.EDITS}) == 20
