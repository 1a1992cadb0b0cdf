"""What stands in an account, read by describe calls and compared with what the stack says."""

from reachability.live.comparison import Comparison, compare, compare_account, place
from reachability.live.session import AccountError

__all__ = ["AccountError", "Comparison", "compare", "compare_account", "place"]
