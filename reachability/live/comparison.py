"""What stands in an account against what the stack says: who can reach whom, and by whose hand.

`terraform plan` compares the resources that Terraform made; a rule that somebody added beside them
is none of those, and only asking AWS finds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reachability.changes import Change, changes
from reachability.live.account import Account
from reachability.live.calls import describe
from reachability.live.fact import Fact
from reachability.live.facts import facts
from reachability.live.hosts import hosts, not_modelled
from reachability.live.names import named
from reachability.live.networks import networks
from reachability.live.session import Session
from reachability.matrix import Matrix, matrix
from reachability.model import Topology
from reachability.stack import Resource, Stack
from reachability.terraform import UnreadableStackError, load, parse

# Tags that tell the VPCs of one environment of one project from every other in the account.
_TAGS = ("Project", "Environment")

# Each candidate costs a matrix, and a list of more causes than this helps nobody.
_MOST_CAUSES = 50


@dataclass(frozen=True)
class Comparison:
    """`changes` are from the stack to the account, each with the elements that make it.

    `also` stand in the account alone and `gone` in the stack alone, whatever they change;
    `not_read` could not be asked for and `not_modelled` is part of no verdict.
    """

    changes: tuple[tuple[Change, tuple[str, ...]], ...]
    also: tuple[Fact, ...]
    gone: tuple[Fact, ...]
    not_read: tuple[str, ...] = ()
    not_modelled: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        return bool(self.changes or self.also or self.gone)

    def lines(self) -> Iterator[str]:
        """The comparison in words, a finding a line."""
        for change, causes in self.changes:
            yield f"{change} (added by hand: {'; '.join(causes)})" if causes else str(change)
        yield from (f"also there: {one.says} ({one.element})" for one in self.also)
        yield from (f"gone: {one.says}" for one in self.gone)
        yield from (f"not read: {one}" for one in self.not_read)
        yield from (f"not modelled: {one}" for one in self.not_modelled)

    def json(self) -> dict[str, Any]:
        return {
            "changes": [
                {"words": str(change), "added_by_hand": list(causes)}
                for change, causes in self.changes
            ],
            "also_there": [{"says": one.says, "element": one.element} for one in self.also],
            "gone": [one.says for one in self.gone],
            "not_read": list(self.not_read),
            "not_modelled": list(self.not_modelled),
        }


def compare(path: Path, endpoint: str | None = None) -> Comparison:
    """The account against the synthesised stack in a file.

    Region and tags are those of the stack's provider; `endpoint` is the URL that answers instead
    of AWS. Raises UnreadableStackError for the file, AccountError for the account.
    """
    document = load(path)
    expected = parse(document, path)
    region, tags = place(document, path)
    return compare_account(describe(Session(region, endpoint), tags), expected)


def compare_account(account: Account, expected: Stack) -> Comparison:
    """The account as it was described, against a stack."""
    live = named([*networks(account), *hosts(account)], expected)
    # AWS's own prefix lists have one id for everybody, so the stack may name them by it.
    lists = {address: one for address, one in live.resources.items() if one.is_data}
    expected = replace(expected, resources={**expected.resources, **lists})
    promised = Topology.of(expected)
    wanted, found = facts(promised), facts(_like(promised, live))
    managed = {one.path for one in expected.resources.values() if not one.is_data}
    here = {one: one for one in found if not one.usual or one.about in managed}
    there = {one: one for one in wanted if not one.usual or one.about in managed}
    also = tuple(one for one in here if one not in there)
    return Comparison(
        _with_causes(promised, live, also),
        also,
        tuple(one for one in there if one not in here),
        tuple(account.not_read),
        tuple(not_modelled(account)),
    )


def _like(promised: Topology, live: Stack) -> Topology:
    """The account's topology, with the world outside divided as the stack divides it.

    So an address added to a prefix list stays one of the internet that more is open to.
    """
    return replace(Topology.of(live), outside=promised.outside, cache={})


def _with_causes(
    promised: Topology, live: Stack, also: tuple[Fact, ...]
) -> tuple[tuple[Change, tuple[str, ...]], ...]:
    """Each change with those additions without any of which it would not be, or be another.

    Where it would be without any one of them, as with a rule added twice, with those of which
    each brings it about alone.
    """
    wanted = matrix(promised)
    found = changes(wanted, matrix(_like(promised, live)))
    hands = [one for one in also if one.undo][:_MOST_CAUSES] if found else []
    left = [_words(promised, wanted, live, [one]) for one in hands]
    causes = {
        str(change): [
            one.element
            for one, others in zip(hands, left, strict=True)
            if str(change) not in others
        ]
        for change in found
    }
    unexplained = {words for words, elements in causes.items() if not elements}
    for one in hands if unexplained else ():
        alone = _words(promised, wanted, live, [other for other in hands if other is not one])
        for words in alone & unexplained:
            causes[words].append(one.element)
    return tuple((one, tuple(dict.fromkeys(causes[str(one)]))) for one in found)


def _words(promised: Topology, wanted: Matrix, live: Stack, undone: Iterable[Fact]) -> set[str]:
    """The changes that are left when these additions are undone."""
    resources: dict[str, Resource | None] = dict(live.resources)
    for one in undone:
        resources.update(one.undo)
    kept = {address: one for address, one in resources.items() if one is not None}
    rest = _like(promised, replace(live, resources=kept))
    return {str(one) for one in changes(wanted, matrix(rest))}


def place(document: Mapping[str, Any], path: Path) -> tuple[str, dict[str, str]]:
    """The region and the tags by which the stack's VPCs are found."""
    try:
        (provider, *_) = document["provider"]["aws"]
        (default, *_) = provider["default_tags"]
        return str(provider["region"]), {key: str(default["tags"][key]) for key in _TAGS}
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableStackError(
            f"{path}: its provider has no region with the default tags {' and '.join(_TAGS)}, "
            "by which its VPCs would be found"
        ) from error
