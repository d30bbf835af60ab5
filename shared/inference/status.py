"""Meaning of each failed Triton call for its message: a table whose first match decides.

Statuses and texts were measured on Triton 2.51. Codes are the names of gRPC's status codes.
"""

from dataclasses import dataclass
from typing import Literal

from shared.errors import IntegrityError, RejectedError, RetryableError, TidemillError
from shared.reasons import Reason

Verdict = Literal["retry", "doubt", "reject", "stop", "other protocol"]


class BatchFailedError(RetryableError):
    """The model failed on a batch; a canary decides whether the model or one of the messages is at fault."""


class WrongProtocolError(RetryableError):
    """The server speaks no gRPC: at a start the address is wrong, later a proxy may stand there alone."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Verdict for a failure with this code and this text anywhere in its details."""

    code: str
    text: str
    verdict: Verdict


RULES = (
    # The queue of the model is full: the server is healthy and busy.
    Rule("UNAVAILABLE", "Exceeds maximum queue size", "retry"),
    # The queue's own time-out, should somebody have set one.
    Rule("UNAVAILABLE", "Request timeout expired", "retry"),
    # A server that stops says so first, and claims to have no such model in the seconds after.
    Rule("UNAVAILABLE", "Server is stopping", "retry"),
    Rule("NOT_FOUND", "has no available versions", "retry"),
    Rule("UNAVAILABLE", "is not at ready state", "retry"),
    # An HTTP server listens, such as Triton's own port for it.
    Rule("UNAVAILABLE", "Failed parsing HTTP/2", "other protocol"),
    # No process listens: crashed, restarting or not started yet.
    Rule("UNAVAILABLE", "failed to connect", "retry"),
    # Only a restart of the server helps, and the supervisor's canary brings it about.
    Rule("INTERNAL", "Stub process", "retry"),
    # Memory may come free again, or half of the batch may fit.
    Rule("INTERNAL", "Failed to allocate memory", "doubt"),
    Rule("INTERNAL", "out of memory", "doubt"),
    # ONNX Runtime's code 2, invalid argument: this input, such as an id outside the vocabulary.
    Rule("INTERNAL", "onnx runtime error 2", "reject"),
    Rule("INTERNAL", "[ONNXRuntimeError] : 2 : INVALID_ARGUMENT", "reject"),
    # We asked for what the model does not have: no message can be at fault.
    Rule("INVALID_ARGUMENT", "unexpected inference", "stop"),
    Rule("INVALID_ARGUMENT", "data-type is", "stop"),
    Rule("INVALID_ARGUMENT", "inputs but got", "stop"),
    Rule("INVALID_ARGUMENT", "input byte size mismatch", "stop"),
    # gRPC's own bound on a message, at either end: halving the batch helps.
    Rule("RESOURCE_EXHAUSTED", "message larger than max", "reject"),
)

DEFAULTS: dict[str, Verdict] = {
    "INVALID_ARGUMENT": "reject",
    "OUT_OF_RANGE": "reject",
    # Not the server that we were set up for, or not for us: a human must act.
    "UNIMPLEMENTED": "stop",
    "PERMISSION_DENIED": "stop",
    "UNAUTHENTICATED": "stop",
    "CANCELLED": "retry",
    "UNKNOWN": "retry",
    "DEADLINE_EXCEEDED": "retry",
    # A model that is not loaded yet, or not any more; never a reason to lose a message.
    "NOT_FOUND": "retry",
    "ALREADY_EXISTS": "retry",
    "RESOURCE_EXHAUSTED": "retry",
    "FAILED_PRECONDITION": "retry",
    "ABORTED": "retry",
    "INTERNAL": "doubt",
    "UNAVAILABLE": "retry",
    "DATA_LOSS": "retry",
}


def verdict(code: str, details: str) -> Verdict:
    """Return the verdict on a status. A status without a rule is retried, so the message is kept."""
    for rule in RULES:
        if rule.code == code and rule.text in details:
            return rule.verdict
    return DEFAULTS.get(code, "retry")


def classify(code: str, details: str) -> TidemillError:
    """Return the error to raise for a failed call."""
    text = f"Triton answered {code}: {' '.join(details.split())[:300]}"
    match verdict(code, details):
        case "reject":
            return RejectedError(Reason.MODEL_REFUSED, text)
        case "stop":
            return IntegrityError(text)
        case "doubt":
            return BatchFailedError(text)
        case "other protocol":
            return WrongProtocolError(text)
        case "retry":
            return RetryableError(text)
