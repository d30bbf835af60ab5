"""`Prefer: wait=N`, as RFC 7240 writes it."""

import pytest

from services.gateway.results.prefer import MAX_WAIT_S, wait_s


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        ([], 0),
        (["wait=2"], 2),
        (["respond-async, wait=5"], 5),
        (["respond-async", "wait=5"], 5),
        (["WAIT = 3"], 3),
        (['wait="4"'], 4),
        (["wait=6; exact"], 6),
        (["wait=1, wait=9"], 1),
        (["wait=0"], 0),
        (["wait=86400"], MAX_WAIT_S),
        (["wait=999999999999999"], 0),
        (["wait=-1"], 0),
        (["wait=soon"], 0),
        (["wait"], 0),
        (["await=7"], 0),
        (["wait=٣"], 0),
    ],
)
def test_the_seconds_to_wait_are_read_and_bounded(values: list[str], seconds: int) -> None:
    assert wait_s(values) == seconds
