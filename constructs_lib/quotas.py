"""AWS's default quotas that decide what may be synthesised."""

RULES_PER_SECURITY_GROUP = 60
"""Inbound or outbound, each. A reference to a managed prefix list counts as its maximum number of
entries. Source: AWS page "Amazon VPC quotas", section "Security groups"."""

OPERATOR_CIDRS = 19
"""Three flows lead from the operators to Jenkins, and each counts every operator CIDR against
RULES_PER_SECURITY_GROUP; Prometheus takes one rule more. A test of the flows holds this number."""

OPERATOR_ADDRESSES = 2**24
"""As many as one /8 holds, the largest block that one organisation was ever given. Ours, not AWS's:
wider is no list of operators but half the internet in parts."""
