"""The one exception that ends the gate with exit code 2 instead of a verdict."""


class GateError(Exception):
    """Bad usage or configuration, or output that is not whole: one line, with the fix."""
