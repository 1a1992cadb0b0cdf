"""Failures that a person is told in one line."""


class RunError(Exception):
    """A run that failed for a reason outside the configuration; one line with what to do."""
