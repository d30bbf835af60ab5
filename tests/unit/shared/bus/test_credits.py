"""How much may be in flight."""

import asyncio

from shared.bus.credits import Credits
from tests.support.virtual_time import run_in_virtual_time


def test_what_is_taken_is_not_free() -> None:
    credits_ = Credits(max_records=10, max_bytes=1000)

    credits_.take(4, 100)

    assert credits_.free_records == 6
    assert credits_.in_flight_records == 4


def test_no_record_is_free_once_the_bytes_are_used_up() -> None:
    credits_ = Credits(max_records=10, max_bytes=1000)

    credits_.take(1, 1000)

    assert credits_.free_records == 0


def test_more_in_flight_than_allowed_is_never_negative_credit() -> None:
    credits_ = Credits(max_records=10, max_bytes=1000)

    credits_.take(12, 100)

    assert credits_.free_records == 0


def test_who_waits_goes_on_when_something_is_given_back() -> None:
    async def wait_for_credit() -> bool:
        credits_ = Credits(max_records=1, max_bytes=1000)
        credits_.take(1, 1)
        asyncio.get_running_loop().call_later(5.0, credits_.give_back, 1, 1)
        return await credits_.wait(timeout_s=10.0)

    assert run_in_virtual_time(wait_for_credit())


def test_who_waits_too_long_goes_on_without() -> None:
    async def wait_in_vain() -> bool:
        credits_ = Credits(max_records=1, max_bytes=1000)
        credits_.take(2, 1)
        asyncio.get_running_loop().call_later(5.0, credits_.give_back, 1, 1)
        return await credits_.wait(timeout_s=10.0)

    assert not run_in_virtual_time(wait_in_vain())
