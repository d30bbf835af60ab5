"""Receipts of the events that this gateway accepted lately, so that an `event_id` alone is enough to ask."""

from collections import OrderedDict
from uuid import UUID

from services.gateway.results.links import Receipt
from services.gateway.results.store import AnswerStore


class Receipts:
    """Keeps the newest receipts, and stores each in Redis for other gateways."""

    def __init__(self, store: AnswerStore, *, max_count: int) -> None:
        self._store = store
        self._max_count = max_count
        self._receipts: OrderedDict[UUID, Receipt] = OrderedDict()

    async def note(self, receipt: Receipt) -> None:
        """Keep a receipt; the oldest one makes room."""
        self._receipts[receipt.event_id] = receipt
        self._receipts.move_to_end(receipt.event_id)
        if len(self._receipts) > self._max_count:
            self._receipts.popitem(last=False)
        await self._store.put_receipt(receipt)

    def get(self, event_id: UUID) -> Receipt | None:
        """Return the receipt; None where another gateway has it, or it was dropped."""
        return self._receipts.get(event_id)
