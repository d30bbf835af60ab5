"""Receipts and answers in Redis, for other gateways and for later; Redis may lose any of them."""

from dataclasses import dataclass
from uuid import UUID

from services.gateway.results.answers import Answer
from services.gateway.results.links import Receipt
from shared.cache.key import KeySpace
from shared.cache.port import Cache


@dataclass(frozen=True, slots=True)
class Stored:
    """Receipt and answer of one event, as far as they are stored."""

    receipt: Receipt | None
    answer: Answer | None


class AnswerStore:
    """Stores best-effort: it never raises, and what is lost is found in Kafka again."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._receipts = _keys("gateway-receipt")
        self._answers = _keys("gateway-answer")

    async def get(self, event_id: UUID) -> Stored:
        """Return what is stored about an event."""
        receipt, answer = await self._cache.get_many(
            [self._receipts.key(event_id.bytes), self._answers.key(event_id.bytes)]
        )
        return Stored(
            None if receipt is None else Receipt.of(event_id, receipt),
            None if answer is None else Answer.from_json(answer),
        )

    async def put_receipt(self, receipt: Receipt) -> None:
        """Store where the input is, and whose it is."""
        await self._cache.put_many({self._receipts.key(receipt.event_id.bytes): receipt.to_bytes()})

    async def put_answer(self, event_id: UUID, answer: Answer) -> None:
        """Store an answer."""
        await self._cache.put_many({self._answers.key(event_id.bytes): answer.to_json()})


def _keys(kind: str) -> KeySpace:
    return KeySpace(kind, model="", version="1", preprocessing_hash="")
