"""Clients of the gateway: each message has an idempotency key, and is posted until it is accepted."""

import asyncio
import itertools
from collections import defaultdict
from uuid import UUID

import aiohttp
from tenacity import AsyncRetrying, retry_if_exception_type, wait_fixed

CLIENT_COUNT = 12
_PAUSE_S = 0.05
_RETRY_AFTER_S = 0.1
_ANSWER_WITHIN_S = 3.0
_ACCEPTED = frozenset({200, 202})
_LATER = frozenset({409, 429, 503, 504})
"""Answers after which the same call is made again."""

_REPEATED_EACH = 10
"""One of so many accepted messages is posted once more, as by a client that lost the answer."""


class _NotNowError(Exception):
    """The gateway asks to try again."""


class Posts:
    """Messages that flow over HTTP, and the ids that the gateway answered for each text."""

    def __init__(self, url: str) -> None:
        self.accepted: defaultdict[str, set[UUID]] = defaultdict(set)
        self._url = f"{url}/v1/messages"
        self._numbers = itertools.count()

    async def flow(self, stop: asyncio.Event) -> None:
        """Post messages until told to stop; each client has a conversation of its own."""
        timeout = aiohttp.ClientTimeout(total=_ANSWER_WITHIN_S)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as clients:
            for number in range(CLIENT_COUNT):
                clients.create_task(self._post_on(session, f"client {number}", stop))

    async def _post_on(self, session: aiohttp.ClientSession, conversation: str, stop: asyncio.Event) -> None:
        while not stop.is_set():
            number = next(self._numbers)
            text = f"Transfer {number} has not arrived, and I posted it myself."
            for _ in range(1 if number % _REPEATED_EACH else 2):
                await self._until_accepted(session, conversation, text, key=f"transfer-{number}")
            await asyncio.sleep(_PAUSE_S)

    async def _until_accepted(
        self, session: aiohttp.ClientSession, conversation: str, text: str, *, key: str
    ) -> None:
        unlucky = retry_if_exception_type((_NotNowError, aiohttp.ClientError, TimeoutError))
        async for attempt in AsyncRetrying(retry=unlucky, wait=wait_fixed(_RETRY_AFTER_S)):
            with attempt:
                self.accepted[text].add(await self._posted(session, conversation, text, key=key))

    async def _posted(
        self, session: aiohttp.ClientSession, conversation: str, text: str, *, key: str
    ) -> UUID:
        """Return the id of the accepted event. Raises AssertionError where no retry would help."""
        body = {"conversation_id": conversation, "text": text}
        async with session.post(self._url, json=body, headers={"Idempotency-Key": key}) as answer:
            if answer.status in _LATER:
                raise _NotNowError
            told = await answer.json()
            assert answer.status in _ACCEPTED, told
            return UUID(told["event_id"])
