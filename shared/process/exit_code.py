"""Exit codes of every process of Tidemill: services, the command line, the embedded stack."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Result of a process, as its parent sees it."""

    FINE = 0
    """Done, or stopped when told to."""

    FAILED = 1
    """Gave up, lacks something, or has a bug: another start may help."""

    WRONG_USE = 2
    """Wrong use or set-up: another start fails in the same way."""

    INTERRUPTED = 130
    """Ended by Ctrl-C: 128 and the number of SIGINT, as in any shell."""
