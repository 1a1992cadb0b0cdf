"""The `Tier` and `Role` tags: which hosts and subnets the internet may not reach."""

from reachability.stack import Resource

TIER = "Tier"
TIERS = ("public", "private")

# What a server of this system can be for (the environment file's servers).
ROLES = ("web", "app", "jenkins", "monitoring")

# Roles that are private whatever their Tier says: the application answers only to nginx.
_PRIVATE_ROLES = ("app",)


def tier(resource: Resource) -> str:
    """The tier that the resource states, in lower case, or "" if it states none."""
    return (resource.tag(TIER) or "").lower()


def is_private(resource: Resource | None) -> bool:
    """Whether the resource states that it is private, or has a role that always is."""
    return resource is not None and (
        tier(resource) == "private" or role(resource) in _PRIVATE_ROLES
    )


def role(resource: Resource) -> str | None:
    """What the host is for, one of ROLES, or None if it does not say."""
    return resource.tag("Role")
