"""A Terraform stack as data: resources by address, and references between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

_IDENTIFIERS = ("id", "allocation_id")

# Ids of what AWS makes together with a VPC or an instance, without a resource of its own.
_WITH_PARTS = ("aws_vpc", "aws_default_vpc", "aws_instance")
_PART_IDENTIFIERS = (
    "main_route_table_id",
    "default_route_table_id",
    "default_security_group_id",
    "default_network_acl_id",
    "primary_network_interface_id",
)


@dataclass(frozen=True, slots=True)
class Reference:
    """`${address.attribute}`: an attribute of another resource, such as its id."""

    address: str
    attribute: str

    def __str__(self) -> str:
        return f"{self.address}.{self.attribute}"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value only apply will tell. `text` is the expression as written, if the source has it."""

    text: str = ""
    references: tuple[Reference, ...] = ()

    def __str__(self) -> str:
        return self.text or " and ".join(map(str, self.references)) or "a value known after apply"


@dataclass(frozen=True, eq=False)
class Resource:
    """One resource or data source.

    `path` is the construct path where the source has it (synthesised JSON), else the address.
    `values` holds JSON values whose leaves may also be `Reference` or `Unknown`.
    `configured` names the arguments somebody wrote; a plan's `values` also hold computed ones.
    """

    address: str
    type: str
    path: str
    values: Mapping[str, Any]
    configured: frozenset[str]

    @property
    def is_data(self) -> bool:
        return self.address.startswith("data.") or ".data." in self.address

    def blocks(self, key: str) -> list[Mapping[str, Any]]:
        """The blocks under `key`; a single block may be written without a list."""
        return blocks(self.values.get(key))

    def tag(self, name: str) -> str | None:
        """The tag's value, or None when it is absent or only known after apply."""
        for key in ("tags", "tags_all"):
            tags = self.values.get(key)
            if isinstance(tags, Mapping) and isinstance(tags.get(name), str):
                return str(tags[name])
        return None


def blocks(value: Any) -> list[Mapping[str, Any]]:
    """A nested block's value as a list of blocks; all-null blocks are none at all."""
    several = value if isinstance(value, list) else [value]
    return [
        one
        for one in several
        if isinstance(one, Mapping) and any(item is not None for item in one.values())
    ]


def each(value: Any) -> list[Any]:
    """An argument's values: a list's, or the one; none that is null or empty."""
    return [one for one in (value if isinstance(value, list) else [value]) if one not in (None, "")]


def is_false(value: Any) -> bool:
    """Terraform's false: absent, false, or the word."""
    return value in (None, False) or str(value).lower() == "false"


def base_address(address: str) -> str:
    """The address without the instance key of `count` or `for_each`."""
    return re.sub(r"\[[^\[\]]*\]$", "", address)


@dataclass(frozen=True, eq=False)
class Stack:
    """The resources of one synthesised stack or one plan. `name` is the stack's or the file's."""

    name: str
    kind: Literal["synthesised", "plan"] = "synthesised"
    resources: Mapping[str, Resource] = field(default_factory=dict)

    def of(self, *types: str) -> Iterator[Resource]:
        """Managed resources of these types; of one type in the source's order."""
        for type_ in types:
            yield from self._managed.get(type_, ())

    def label(self, resource: Resource) -> str:
        """Its path without the stack's name, and without a last part that repeats its type."""
        path = resource.path.removeprefix(f"{self.name}/")
        parent, _, last = path.rpartition("/")
        repeats = last.replace("-", "_") == resource.type.removeprefix("aws_")
        return parent if parent and repeats else path

    def at(self, address: str) -> Resource | None:
        """The resource at an address, forgiving a missing or surplus instance key."""
        found = self.resources.get(address) or self.resources.get(base_address(address))
        if found is None:
            instances = self._instances.get(address, [])
            found = instances[0] if len(instances) == 1 else None
        return found

    def value(self, resource: Resource, key: str) -> Any:
        """An attribute's value, following references to literals elsewhere in the stack."""
        return self.resolve(resource.values.get(key))

    def resolve(self, value: Any, depth: int = 8) -> Any:
        """A value, with a reference to a known attribute of another resource replaced by it."""
        if isinstance(value, Reference) and depth:
            owner = self.at(value.address)
            if owner is not None and owner.values.get(value.attribute) is not None:
                return self.resolve(owner.values[value.attribute], depth - 1)
        return value

    def target(self, resource: Resource, key: str) -> Resource | None:
        """The resource that the id under `key` names, or None if it cannot be told."""
        return self.pointed(resource.values.get(key))

    def targets(self, resource: Resource, key: str) -> list[Resource]:
        """Every resource that the ids under `key` may name."""
        return list(self.all_pointed(resource.values.get(key)))

    def pointed(self, value: Any) -> Resource | None:
        """The resource whose id this value is, or None if it cannot be told."""
        resolved = self.resolve(value)
        if isinstance(resolved, Reference):
            return self.at(resolved.address) if resolved.attribute in _IDENTIFIERS else None
        if isinstance(resolved, str):
            return self._by_id.get(resolved)
        if isinstance(resolved, list) and len(resolved) == 1:
            return self.pointed(resolved[0])
        return None

    def attribute(self, value: Any) -> Reference | None:
        """Which attribute a value is, such as a VPC's `main_route_table_id`, by name or by id."""
        if isinstance(value, Reference):
            return value
        return self._by_part_id.get(value) if isinstance(value, str) else None

    def all_pointed(self, value: Any) -> Iterator[Resource]:
        several: Iterable[Any] = (
            value.references
            if isinstance(value, Unknown)
            else value
            if isinstance(value, list)
            else [value]
        )
        for one in several:
            if isinstance(one, Unknown):
                yield from self.all_pointed(one)
            elif (found := self.pointed(one)) is not None:
                yield found

    @cached_property
    def _managed(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for resource in self.resources.values():
            if not resource.is_data:
                found.setdefault(resource.type, []).append(resource)
        return found

    @cached_property
    def _instances(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for resource in self.resources.values():
            found.setdefault(base_address(resource.address), []).append(resource)
        return found

    @cached_property
    def _by_id(self) -> dict[str, Resource]:
        """By real id, as a plan over existing infrastructure has them ("vpc-0a1b2c").

        What Terraform splits into several resources of one id is the one that the others are named
        after: the `aws_vpc_peering_connection`, not its `…_options`.
        """
        longest_first = sorted(self.resources.values(), key=lambda one: -len(one.type))
        return {
            identifier: resource
            for resource in longest_first
            for identifier in map(resource.values.get, _IDENTIFIERS)
            if isinstance(identifier, str) and "-" in identifier
        }

    @cached_property
    def _by_part_id(self) -> dict[str, Reference]:
        return {
            identifier: Reference(resource.address, attribute)
            for resource in self.resources.values()
            if resource.type in _WITH_PARTS
            for attribute in _PART_IDENTIFIERS
            if isinstance(identifier := resource.values.get(attribute), str)
        }
