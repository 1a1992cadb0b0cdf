"""The exceptions that end the gate without a verdict."""


class GateError(Exception):
    """Bad usage or configuration, or output that is not whole: one line, with the fix. Exit 2."""


class OutputError(Exception):
    """The verdict cannot be told, as standard output is closed or full: one line. Exit 1."""
