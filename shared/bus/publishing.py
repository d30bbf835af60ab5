"""Publishes what was written for records, and something smaller where the broker refuses it for its size."""

from collections import OrderedDict
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

import structlog

from shared.bus.dead_letters import dead_letter, shortened
from shared.bus.gate import Gate
from shared.bus.handled import Handled
from shared.bus.metrics import Step
from shared.bus.port import RecordTooLargeError
from shared.bus.positions import Position
from shared.bus.record import Outgoing, Partition, Record
from shared.bus.retries import Retries
from shared.errors import ConfigError, RejectedError
from shared.reasons import Reason

_REMEMBERED_COUNT = 10_000


class Send(Protocol):
    """Writes records to the broker."""

    def __call__(self, records: Sequence[Outgoing], *, up_to: Position) -> Awaitable[None]:
        """Return when all are acknowledged; the input is then done up to this position.

        Raises RecordTooLargeError when one is too large for its topic, or shares a batch with one that is.
        """
        ...


class Publishing:
    """Publishes chunks in one go; after a refusal it publishes record by record.

    In place of a result that is refused alone it writes a dead letter `result_too_large`, in place of a dead
    letter one without its value, then one without its key and headers. It outlives the clients: a refusal
    breaks a transaction, and the next clients must not send the same again.
    """

    def __init__(self, retries: Retries, *, group: str) -> None:
        self._retries = retries
        self._group = group
        self._refusal_counts: OrderedDict[_Place, int] = OrderedDict()
        """Refusals of each input record; 0 for one that shared a refused chunk."""
        self._refused_letter_bytes: dict[str, int] = {}
        """Size of the smallest dead letter that each topic refused."""
        self._gate = Gate()
        self._log = structlog.get_logger().bind(group=group)

    async def publish(self, chunk: Sequence[Handled], send: Send) -> Sequence[Handled]:
        """Return what was written for each record of one partition, once all of it is acknowledged.

        Raises ConfigError when a dead-letter topic refuses the shortest letter.
        """
        if not self._refusal_counts.keys().isdisjoint(map(_place, chunk)):
            return await self._publish_each(chunk, send)
        fitted = [self._fitted(each) for each in chunk] if self._refused_letter_bytes else chunk
        outgoing = [record for each in fitted for record in each.outgoing]
        last = chunk[-1].record
        try:
            async with self._gate.together():
                await self._sent(outgoing, send, of=last.partition, up_to=_behind(last))
        except RecordTooLargeError:
            self._suspect(fitted)
            return await self._publish_each(chunk, send)
        return fitted

    async def _publish_each(self, chunk: Sequence[Handled], send: Send) -> list[Handled]:
        return [await self._publish_alone(each, send) for each in chunk]

    async def _publish_alone(self, handled: Handled, send: Send) -> Handled:
        """Return the largest that the broker takes for this record."""
        for _ in range(self._refusal_counts.get(_place(handled), 0)):
            handled = self._smaller(handled)
        handled = self._fitted(handled)
        while True:
            try:
                await self._send_alone(handled, send)
            except RecordTooLargeError:
                self._refuse(handled)
                handled = self._smaller(handled)
            else:
                return handled

    async def _send_alone(self, handled: Handled, send: Send) -> None:
        """Send all that is written for a record, and nothing else: records of one batch are refused together.

        In one call, as a transaction may be committed between two.
        """
        origin = handled.record
        async with self._gate.alone():
            await self._sent(handled.outgoing, send, of=origin.partition, up_to=_behind(origin))

    async def _sent(self, records: Sequence[Outgoing], send: Send, *, of: Partition, up_to: Position) -> None:
        attempt = partial(send, records, up_to=up_to)
        await self._retries.until_done(Step.PUBLISH, of.topic, attempt)

    def _suspect(self, chunk: Sequence[Handled]) -> None:
        """Remember that one of these is too large: which one, only sending each alone can tell."""
        senders = [each for each in chunk if each.outgoing]
        for each in senders:
            self._refusal_counts.setdefault(_place(each), 0)
        if len(senders) == 1 and len(senders[0].outgoing) == 1:
            self._refuse(senders[0])
        while len(self._refusal_counts) > max(_REMEMBERED_COUNT, len(chunk)):
            self._refusal_counts.popitem(last=False)

    def _refuse(self, refused: Handled) -> None:
        place = _place(refused)
        self._refusal_counts[place] = self._refusal_counts.get(place, 0) + 1
        if refused.refusal is not None:
            [letter] = refused.outgoing
            known = self._refused_letter_bytes.get(letter.topic, letter.size_bytes)
            self._refused_letter_bytes[letter.topic] = min(known, letter.size_bytes)

    def _fitted(self, handled: Handled) -> Handled:
        """Return the record with a dead letter that is smaller than any that was refused, if it has one."""
        while handled.refusal is not None:
            [letter] = handled.outgoing
            refused_bytes = self._refused_letter_bytes.get(letter.topic)
            if refused_bytes is None or letter.size_bytes < refused_bytes or shortened(letter) is None:
                break
            handled = self._smaller(handled)
        return handled

    def _smaller(self, handled: Handled) -> Handled:
        """Return what to write in place of something too large.

        Raises ConfigError when nothing is smaller.
        """
        if handled.refusal is None:
            return _result_refused(handled, group=self._group)
        [letter] = handled.outgoing
        shorter = shortened(letter)
        if shorter is None:
            raise ConfigError(
                f"{letter.topic} refuses a dead letter of {letter.size_bytes:,} bytes: "
                "raise its max.message.bytes"
            )
        topic, partition = handled.record.partition
        self._log.warning(
            "dead_letter_shortened", topic=topic, partition=partition, offset=handled.record.offset
        )
        return replace(handled, outgoing=[shorter])


_Place = tuple[Partition, int]


def _place(handled: Handled) -> _Place:
    return handled.record.partition, handled.record.offset


def _behind(record: Record) -> Position:
    return Position(record.offset + 1, record.timestamp_ms)


def _result_refused(handled: Handled, *, group: str) -> Handled:
    largest = max(handled.outgoing, key=lambda outgoing: outgoing.size_bytes)
    refusal = RejectedError(
        Reason.RESULT_TOO_LARGE, f"a result of {largest.size_bytes:,} bytes is too large for {largest.topic}"
    )
    return Handled(handled.record, [dead_letter(handled.record, refusal, group=group)], refusal)
