"""Why a part ended, as its log tells."""

import pytest

from deploy.local.child import telling_line


@pytest.mark.parametrize(
    "complaint",
    [
        "[2026-03-01 12:00:00] ERROR Address already in use (kafka.server)",
        "java.net.BindException: Address already in use",
        "OSError: [Errno 98] Address already in use",
        "FATAL cannot bind",
    ],
)
def test_a_complaint_tells_more_than_what_follows_it(complaint: str) -> None:
    log = f"INFO starting\n{complaint}\nWARN could not close the log directory\n\n"

    assert telling_line(log) == complaint


@pytest.mark.parametrize(
    "warning",
    ["WARN retrying after ConnectException", '{"level": "warning", "why": "KafkaConnectionError()"}'],
)
def test_a_warning_that_names_an_error_is_no_complaint(warning: str) -> None:
    assert telling_line(f"{warning}\nno broker at broker:9092") == "no broker at broker:9092"


def test_of_two_complaints_the_later_one_counts() -> None:
    assert telling_line("ERROR of the life before\nERROR of this one\nbye") == "ERROR of this one"


def test_where_nothing_complains_the_last_line_is_told() -> None:
    assert telling_line("INFO starting\n  no errors so far  \n\n") == "no errors so far"


def test_an_empty_log_tells_nothing() -> None:
    assert telling_line(" \n") == ""
