"""The errors of Tidemill, by the reaction of the caller.

TidemillError
├── RetryableError    a broker, a model or a cache is away: back off, keep the message, do not commit
├── RejectedError     this message can never work: dead-letter it with its reason, then commit
├── ConfigError       the start is impossible as set up: say so in one line and exit with code 2
└── IntegrityError    a part answers wrongly: stop without committing

Anything else is a bug: the process ends without committing.
"""

from shared.reasons import Reason


class TidemillError(Exception):
    """Root of every error that Tidemill raises on purpose."""


class RetryableError(TidemillError):
    """A model, broker or cache is away for now; the same call may work later."""


class RejectedError(TidemillError):
    """This message can never be handled.

    `reason` is the code that metrics count by and that its dead letter names; the text says what was
    wrong in one line, without the content of the message.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ConfigError(TidemillError):
    """The set-up is wrong. The text is one line that names the cure."""


class IntegrityError(TidemillError):
    """A part gives wrong answers (empty tensors, another model): stop without committing."""
