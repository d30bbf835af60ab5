"""Answers that arrived lately, and the calls that wait for one."""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from services.gateway.results.answers import Answer, Refusal, Result, Status

_ENTRY_BYTES = 500
"""Memory of an answer beside its results."""


class RecentAnswers:
    """Keeps the newest answers within bounds, and wakes the calls that wait for one of them."""

    def __init__(self, *, max_count: int, max_bytes: int) -> None:
        self._max_count = max_count
        self._max_bytes = max_bytes
        self._size_bytes = 0
        self._answers: OrderedDict[UUID, Answer] = OrderedDict()
        self._waiting: defaultdict[UUID, set[asyncio.Future[Answer]]] = defaultdict(set)

    @property
    def waiting_count(self) -> int:
        """Return the number of calls that wait."""
        return sum(map(len, self._waiting.values()))

    def note(self, event_id: UUID, part: Result | Refusal) -> Answer:
        """Add a part to an answer and return it; the calls that wait get it when it is complete."""
        answer = self._answers.get(event_id, Answer()).plus(part)
        self.keep(event_id, answer)
        return answer

    def keep(self, event_id: UUID, answer: Answer) -> None:
        """Remember an answer; the oldest ones make room."""
        if (before := self._answers.pop(event_id, None)) is not None:
            self._size_bytes -= _size_bytes(before)
        self._answers[event_id] = answer
        self._size_bytes += _size_bytes(answer)
        while len(self._answers) > self._max_count or self._size_bytes > self._max_bytes:
            _, dropped = self._answers.popitem(last=False)
            self._size_bytes -= _size_bytes(dropped)
        if answer.status is not Status.PENDING:
            self._wake(event_id, answer)

    def get(self, event_id: UUID) -> Answer | None:
        """Return the answer as far as it has arrived; None where nothing has, or it was dropped."""
        return self._answers.get(event_id)

    @contextmanager
    def expected(self, event_id: UUID) -> Iterator[asyncio.Future[Answer]]:
        """Yield the future of the complete answer; leaving the context gives it up."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        known = self._answers.get(event_id)
        if known is not None and known.status is not Status.PENDING:
            future.set_result(known)
        self._waiting[event_id].add(future)
        try:
            yield future
        finally:
            future.cancel()
            self._waiting[event_id].discard(future)
            if not self._waiting[event_id]:
                del self._waiting[event_id]

    def close(self) -> None:
        """End the waits: nothing more will arrive."""
        for futures in self._waiting.values():
            for future in futures:
                future.cancel()

    def _wake(self, event_id: UUID, answer: Answer) -> None:
        for future in self._waiting.get(event_id, ()):
            if not future.done():
                future.set_result(answer)


def _size_bytes(answer: Answer) -> int:
    return _ENTRY_BYTES + answer.size_bytes
