"""Where a request may come from: host names, pages, proxies, types of bodies."""

import pytest

from services.gateway.guard.origins import Hosts, check_body_type, check_not_forwarded, check_page
from services.gateway.guard.settings import GuardSettings
from services.gateway.problems import ProblemError
from shared.addresses import is_loopback


def reason_of(error: pytest.ExceptionInfo[ProblemError]) -> str | None:
    return error.value.problem.reason


@pytest.mark.parametrize("host", [b"localhost:8000", b"127.0.0.1:8000", b"[::1]:8000", b"LocalHost:8000"])
def test_an_open_gateway_goes_by_the_names_of_loopback(host: bytes) -> None:
    Hosts((), is_open=True).check(host, 8000)


@pytest.mark.parametrize(
    "host",
    [
        b"evil.example:8000",
        b"localhost",
        b"localhost:8001",
        b"localhost:8000.evil.example",
        b"",
        b"x@localhost:8000",
    ],
)
def test_an_open_gateway_goes_by_no_other_name(host: bytes) -> None:
    with pytest.raises(ProblemError) as refused:
        Hosts((), is_open=True).check(host, 8000)

    assert reason_of(refused) == "host_unknown"


def test_port_80_may_be_left_out() -> None:
    Hosts((), is_open=True).check(b"localhost", 80)


def test_further_names_are_a_setting() -> None:
    names = GuardSettings(hosts="GW.example:8443, other").host_names()

    Hosts(names, is_open=True).check(b"gw.example:8443", 8000)
    Hosts(names, is_open=False).check(b"other", 8000)
    with pytest.raises(ProblemError):
        Hosts(names, is_open=False).check(b"localhost:8000", 8000)


def test_without_a_host_there_is_no_answer() -> None:
    with pytest.raises(ProblemError) as refused:
        Hosts((), is_open=False).check(None, 8000)

    assert reason_of(refused) == "host_missing"


def test_a_program_sends_no_origin() -> None:
    check_page({b"host": b"localhost:8000"})


@pytest.mark.parametrize(
    "headers",
    [
        {b"origin": b"https://evil.example"},
        {b"origin": b"null"},
        {b"origin": b"http://localhost:8000.evil.example"},
        {b"sec-fetch-site": b"cross-site"},
        {b"origin": b"http://localhost:8000", b"sec-fetch-site": b"same-site"},
    ],
)
def test_a_page_of_another_origin_is_refused(headers: dict[bytes, bytes]) -> None:
    with pytest.raises(ProblemError) as refused:
        check_page({b"host": b"localhost:8000", **headers})

    assert reason_of(refused) == "foreign_origin"


def test_a_forwarded_request_is_refused() -> None:
    with pytest.raises(ProblemError):
        check_not_forwarded({b"x-forwarded-proto": b"https"})


@pytest.mark.parametrize(
    "kind", [b"application/json; charset=utf-8", b"image/png", b"Multipart/Form-Data; boundary=x"]
)
def test_json_forms_and_images_are_taken(kind: bytes) -> None:
    check_body_type(kind)


@pytest.mark.parametrize("kind", [None, b"", b"text/plain", b"text/plain; x=application/json"])
def test_types_that_a_page_may_send_without_asking_are_not(kind: bytes | None) -> None:
    with pytest.raises(ProblemError):
        check_body_type(kind)


@pytest.mark.parametrize(
    ("host", "is_inside"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - what is asked
        ("::", False),
        ("10.0.0.7", False),
        ("gateway", False),
        ("localhost.example", False),
    ],
)
def test_loopback_is_known_by_its_addresses(host: str, *, is_inside: bool) -> None:
    assert is_loopback(host) is is_inside
