"""Quotas of keys: how many items of a call are left, and when there are more.

A process takes tokens from the common count in shares, and spends them without asking again: a question a
request would cost as much as the request. Shares are paid in advance, so that all processes together never
grant more than the quota; one that is not spent within a second is lost to its key.
"""

import asyncio
import math
import time
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from limits import RateLimitItem, RateLimitItemPerSecond

from services.gateway.problems import Kind, ProblemError

_SHARE_FOR_S = 1.0
_SHARE_MAX = 500
"""Tokens of a share at most: each is an entry that Redis writes while others wait."""

_SHARES_PER_QUOTA = 20
"""A share is at most this part of the quota: other processes would miss tokens that nobody spends."""


class Counts(Protocol):
    """Counts of what keys have used, common to all processes where Redis is there."""

    async def hit(self, item: RateLimitItem, key: str, *, cost: int) -> bool:
        """Return whether the tokens were there, and have been taken."""

    async def window(self, item: RateLimitItem, key: str) -> tuple[float, int]:
        """Return when the next tokens come back, in seconds since 1970, and how many are left."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A quota: `count` tokens in any `window_s` seconds."""

    name: str
    count: int
    window_s: int
    header: bytes
    """Value of `RateLimit-Policy`."""


def policy(name: str, *, count: int, window_s: int) -> Policy:
    """Return a policy of this name."""
    return Policy(name, count, window_s, f'"{name}";q={count};w={window_s}'.encode())


class Standing(NamedTuple):
    """Quota of a key behind a request."""

    policy: Policy
    is_granted: bool
    left: int
    more_in_s: int
    """Whole seconds until tokens come back, at least 1."""

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers that tell it, as draft-ietf-httpapi-ratelimit-headers has them."""
        value = f'"{self.policy.name}";r={self.left};t={self.more_in_s}'
        return [(b"ratelimit-policy", self.policy.header), (b"ratelimit", value.encode())]


@dataclass(slots=True)
class _Share:
    """Tokens of one key under one policy."""

    item: RateLimitItem
    tokens: int = 0
    good_until_s: float = 0.0
    size: int = 1
    elsewhere: int = 0
    """Tokens that were left in the common count when the share was taken."""

    more_at_s: float = 0.0
    refused_cost: int = 0
    refused_until_s: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def spend(self, cost: int, now_s: float) -> bool:
        """Return whether there were tokens enough, which are gone now."""
        if now_s >= self.good_until_s or self.tokens < cost:
            return False
        self.tokens -= cost
        return True

    def is_refused(self, cost: int, now_s: float) -> bool:
        """Return whether the common count need not be asked: it has refused as much already."""
        return now_s < self.refused_until_s and cost >= self.refused_cost

    def begin(self, now_s: float, *, most: int) -> int:
        """Return the tokens that are still good, and set the size of the next share by the demand.

        They are the caller's own until it has asked: calls beside it would spend them meanwhile.
        """
        if now_s < self.good_until_s:
            held, self.size = self.tokens, min(most, 2 * self.size)
        else:
            held, self.size = 0, max(1, self.size // 2)
        self.tokens = 0
        return held

    def standing(self, policy: Policy, now_s: float, *, is_granted: bool) -> Standing:
        """Return how the key stands."""
        more_in_s = min(max(1, math.ceil(self.more_at_s - now_s)), policy.window_s)
        return Standing(policy, is_granted, self.elsewhere + self.tokens, more_in_s)


class Rates:
    """Quotas of all keys."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._shares: dict[tuple[str, str], _Share] = {}

    async def take(self, policy: Policy, key_id: str, *, cost: int) -> Standing:
        """Take tokens of a key if there are enough, and return how it stands then."""
        share = self._share(policy, key_id)
        now_s = time.time()  # as `limits` has it: processes and machines share the counts
        if share.spend(cost, now_s):
            return share.standing(policy, now_s, is_granted=True)
        async with share.lock:
            is_granted = share.spend(cost, now_s) or await self._refill(share, policy, key_id, cost=cost)
        return share.standing(policy, now_s, is_granted=is_granted)

    async def _refill(self, share: _Share, policy: Policy, key_id: str, *, cost: int) -> bool:
        """Return whether the common count granted the cost; what it granted beyond is the next share."""
        now_s = time.time()
        if share.is_refused(cost, now_s):
            return False
        held = share.begin(now_s, most=min(max(1, policy.count // _SHARES_PER_QUOTA), _SHARE_MAX))
        need = cost - held
        granted = 0
        for count in dict.fromkeys((max(need, share.size), need)):
            if await self._counts.hit(share.item, key_id, cost=count):
                granted = count
                break
        share.tokens += held + granted - (cost if granted else 0)
        share.good_until_s = now_s + _SHARE_FOR_S
        share.more_at_s, share.elsewhere = await self._counts.window(share.item, key_id)
        if not granted:
            share.refused_cost, share.refused_until_s = cost, share.more_at_s
        return granted > 0

    def _share(self, policy: Policy, key_id: str) -> _Share:
        share = self._shares.get((policy.name, key_id))
        if share is None:
            item = RateLimitItemPerSecond(policy.count, policy.window_s, namespace=policy.name)
            share = self._shares[policy.name, key_id] = _Share(item)
        return share


def used_up(standing: Standing) -> ProblemError:
    """Return the problem of a key that has too few tokens left; `Retry-After` is `t` of `RateLimit`."""
    policy = standing.policy
    return ProblemError(
        Kind.TOO_MANY_REQUESTS,
        f"this key may have {policy.count} of {policy.name} in {policy.window_s} s, and {standing.left} are "
        f"left: go on in {standing.more_in_s} s",
        reason="rate_limited",
        headers={"Retry-After": str(standing.more_in_s)},
    )
