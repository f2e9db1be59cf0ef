"""Errors that a user can act on."""


class UsageError(Exception):
    """Bad input: one sentence that says what is wrong, where, and what to do. pytest ends with exit code 4."""


class Unavailable(Exception):
    """A variant can't run on this machine; the sentence says what is missing and how to get it."""


class StoppedError(Exception):
    """A measurement was stopped from outside before there was a result; one sentence that says by what."""
