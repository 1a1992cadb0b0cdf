"""The `Tier` and `Role` tags: which hosts and subnets the internet may not reach."""

from reachability.stack import Resource

TIER = "Tier"
TIERS = ("public", "private")


def is_private(resource: Resource | None) -> bool:
    """Whether the resource says that it is private."""
    return resource is not None and (resource.tag(TIER) or "").lower() == "private"


def role(resource: Resource) -> str | None:
    """What the host is for: "web", "app", "jenkins", "monitoring"."""
    return resource.tag("Role")
