"""Quotas: shares are spent without a question, and never add up to more than the quota."""

import asyncio
from collections import Counter

import pytest
from limits import RateLimitItem

from services.gateway.guard.counts import LocalCounts
from services.gateway.guard.rates import Policy, Rates, policy, used_up


class CountingCounts(LocalCounts):
    """Counts that note how often they are asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    async def hit(self, item: RateLimitItem, key: str, *, cost: int) -> bool:
        """Note the question, and answer it."""
        self.asked[key] += 1
        return await super().hit(item, key, cost=cost)


async def taken(rates: Rates, of: Policy, key: str, count: int, *, cost: int = 1) -> int:
    """Return how many of so many calls were granted."""
    return sum([(await rates.take(of, key, cost=cost)).is_granted for _ in range(count)])


async def test_a_key_gets_its_quota_and_not_one_more() -> None:
    rates = Rates(LocalCounts())

    assert await taken(rates, policy("default", count=100, window_s=60), "k1", 150) == 100


@pytest.mark.parametrize("cost", [1, 3, 7, 64])
async def test_items_count_whatever_the_size_of_the_calls(cost: int) -> None:
    rates = Rates(LocalCounts())

    granted = await taken(rates, policy("analyze", count=640, window_s=60), "k1", 700, cost=cost)

    assert 640 - 2 * cost < granted * cost <= 640


async def test_processes_together_never_grant_more_than_the_quota() -> None:
    counts = LocalCounts()
    both = [Rates(counts), Rates(counts)]
    quota = policy("default", count=200, window_s=60)

    granted = sum([await taken(rates, quota, "k1", 1) for _ in range(200) for rates in both])

    assert 180 <= granted <= 200


async def test_keys_and_policies_do_not_share_a_quota() -> None:
    rates = Rates(LocalCounts())
    first, other = policy("default", count=64, window_s=60), policy("analyze", count=64, window_s=60)

    assert await taken(rates, first, "k1", 100) == 64
    assert await taken(rates, first, "k2", 100) == 64
    assert await taken(rates, other, "k1", 100) == 64


async def test_a_busy_key_is_seldom_asked_for_and_a_refused_one_hardly_ever() -> None:
    counts = CountingCounts()
    rates = Rates(counts)

    await taken(rates, policy("default", count=2_000, window_s=60), "busy", 1_500)
    await taken(rates, policy("default", count=64, window_s=60), "refused", 1_000)

    assert counts.asked["busy"] < 50
    assert counts.asked["refused"] < 50


async def test_calls_at_a_time_are_granted_the_quota_once() -> None:
    rates = Rates(LocalCounts())
    quota = policy("default", count=64, window_s=60)

    answers = await asyncio.gather(*(rates.take(quota, "k1", cost=1) for _ in range(200)))

    assert sum(answer.is_granted for answer in answers) == 64


async def turns(count: int) -> None:
    """Let others run so many times."""
    for _ in range(count):
        await asyncio.sleep(0)


class DistantCounts(LocalCounts):
    """Counts that answer later, as those of a server do."""

    async def hit(self, item: RateLimitItem, key: str, *, cost: int) -> bool:
        """Answer later."""
        await turns(3)
        return await super().hit(item, key, cost=cost)

    async def window(self, item: RateLimitItem, key: str) -> tuple[float, int]:
        """Answer later."""
        await turns(20)
        return await super().window(item, key)


async def test_no_call_spends_what_another_one_has_just_asked_for() -> None:
    rates = Rates(DistantCounts())
    quota = policy("default", count=100_000, window_s=60)

    async def caller(number: int) -> list[bool]:
        granted = []
        for _ in range(50):
            await turns(number % 25)  # as between two requests
            granted.append((await rates.take(quota, "k1", cost=number % 5 + 1)).is_granted)
        return granted

    answers = await asyncio.gather(*(caller(number) for number in range(64)))

    assert all(is_granted for of_caller in answers for is_granted in of_caller)


async def test_the_headers_tell_quota_rest_and_time() -> None:
    rates = Rates(LocalCounts())

    standing = await rates.take(policy("default", count=100, window_s=60), "k1", cost=1)

    assert standing.headers == [
        (b"ratelimit-policy", b'"default";q=100;w=60'),
        (b"ratelimit", b'"default";r=99;t=60'),
    ]


async def test_a_refusal_names_the_moment_of_the_header() -> None:
    rates = Rates(LocalCounts())
    quota = policy("default", count=64, window_s=60)
    await taken(rates, quota, "k1", 64)

    refused = await rates.take(quota, "k1", cost=1)

    error = used_up(refused)
    assert error.headers == {"Retry-After": str(refused.more_in_s)}
    assert f"go on in {refused.more_in_s} s" in str(error)
