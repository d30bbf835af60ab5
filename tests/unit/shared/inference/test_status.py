"""Every failure of a call to Triton has its class; in doubt the message is kept."""

import grpc
import pytest

from shared.errors import IntegrityError, RejectedError, RetryableError, TidemillError
from shared.inference.status import DEFAULTS, BatchFailedError, classify

SEEN = [
    ("UNAVAILABLE", "[request id: <id_unknown>] Exceeds maximum queue size", RetryableError),
    ("UNAVAILABLE", "[request id: <id_unknown>] Request timeout expired", RetryableError),
    ("DEADLINE_EXCEEDED", "Deadline Exceeded", RetryableError),
    (
        "UNAVAILABLE",
        "[request id: <id_unknown>] Server is stopping, scheduler for model has stopped",
        RetryableError,
    ),
    ("NOT_FOUND", "Request for unknown model: 'x' has no available versions", RetryableError),
    ("NOT_FOUND", "Request for unknown model: 'x' is not found", RetryableError),
    ("INTERNAL", "Stub process 'x_0_0' is not healthy.", RetryableError),
    ("UNAVAILABLE", "failed to connect to all addresses; last error: Connection refused", RetryableError),
    ("UNAVAILABLE", "Socket closed", RetryableError),
    ("UNAVAILABLE", "Request for unknown model: 'x' version 1 is not at ready state", RetryableError),
    ("INTERNAL", "onnx runtime error 6: Failed to allocate memory for requested buffer", BatchFailedError),
    ("INTERNAL", "something that nobody has seen before", BatchFailedError),
    ("RESOURCE_EXHAUSTED", "too many concurrent requests", RetryableError),
    ("INVALID_ARGUMENT", "inference request batch-size must be <= 64 for 'x'", RejectedError),
    ("INVALID_ARGUMENT", "unexpected shape for input 'pixels' for model 'x'", RejectedError),
    ("INTERNAL", "onnx runtime error 2: indices element out of data bounds", RejectedError),
    ("INTERNAL", "[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Non-zero status code", RejectedError),
    ("RESOURCE_EXHAUSTED", "Sent message larger than max (99 vs. 9)", RejectedError),
    ("INVALID_ARGUMENT", "unexpected inference input 'ids' for model 'x'", IntegrityError),
    ("INVALID_ARGUMENT", "unexpected inference output 'y' for model 'x'", IntegrityError),
    (
        "INVALID_ARGUMENT",
        "inference input 'i' data-type is 'FP32', but model 'x' expects 'INT32'",
        IntegrityError,
    ),
    ("INVALID_ARGUMENT", "expected 1 inputs but got 0 inputs for model 'x'", IntegrityError),
    (
        "INVALID_ARGUMENT",
        "input byte size mismatch for input 'i' for model 'x'. Expected 12, got 4",
        IntegrityError,
    ),
    ("UNIMPLEMENTED", "", IntegrityError),
    ("PERMISSION_DENIED", "This protocol is restricted", IntegrityError),
]


@pytest.mark.parametrize(("code", "details", "expected"), SEEN)
def test_a_status_gets_the_class_that_says_what_to_do(
    code: str, details: str, expected: type[TidemillError]
) -> None:
    error = classify(code, details)

    assert type(error) is expected


def test_every_code_of_grpc_but_success_has_a_default() -> None:
    codes = {code.name for code in grpc.StatusCode}

    assert set(DEFAULTS) == codes - {"OK"}


def test_the_text_is_one_line_of_bounded_length() -> None:
    text = str(classify("INTERNAL", "a\nb " * 1000))

    assert "\n" not in text
    assert len(text) < 400


def test_a_refusal_has_a_reason_to_count_by() -> None:
    error = classify("INVALID_ARGUMENT", "unexpected shape")

    assert isinstance(error, RejectedError)
    assert error.reason == "model_refused"
