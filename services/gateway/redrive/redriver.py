"""Redriver: reads dead letters, and replays them one call at a time."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial

import structlog

from services.gateway.guard.caller import Caller
from services.gateway.redrive.bodies import SENT_MAX, Replayed, ReplayRequest
from shared.bus.chunks import no_wait
from shared.bus.kafka.progress import read_up
from shared.bus.port import Producer
from shared.bus.record import Place
from shared.errors import RetryableError
from shared.letters.reading import Age, Letter, Order, age_of, letters, page
from shared.letters.replays import Fate, Plan
from shared.letters.selection import Wanted
from shared.letters.sending import Sending, plan, replay
from shared.settings import KafkaSettings

_ROOM_WITHIN_S = 20.0
_ORIGINALS_MAX = 100

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Redriver:
    """Reads and replays dead letters for those who call the gateway."""

    kafka: KafkaSettings
    producer: Producer
    keeps_little: bool = False
    """True where the broker may drop what is not read yet: a replay waits for the readers."""

    _replaying: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One replay at a time: two at once could each send what the other has not marked yet."""

    async def page(
        self, wanted: Wanted, count: int, *, order: Order, behind: Age | None
    ) -> tuple[Sequence[Letter], Age | None]:
        """Return some letters, and the age of the last one where there are more behind it."""
        found = await page(self.kafka, wanted, count + 1, order=order, behind=behind)
        shown = found[:count]
        return shown, age_of(shown[-1]) if len(found) > count else None

    async def letter(self, place: Place) -> Letter | None:
        """Return the letter at a place with all that it holds; None where there is none."""
        wanted = Wanted(places=frozenset({place}))
        async with aclosing(letters(self.kafka, wanted)) as batches:
            found = [letter async for batch in batches for letter in batch]
        return found[0] if found else None

    async def replay(self, request: ReplayRequest, caller: Caller) -> Replayed:
        """Send the first due letters, or say what would be sent.

        Raises RetryableError when the broker is away or the readers are, MarksFullError when it can't be
        noted which letters were sent.
        """
        wanted = request.wanted()
        async with self._replaying:
            planned = await plan(self.kafka, wanted, attempts=request.attempts, again=request.again)
            sent = 0 if request.dry_run else await self._send(request, wanted, planned.first(SENT_MAX))
        if sent:
            log.info("dead_letters_replayed", key_id=caller.key_id, sent=sent, targets=dict(planned.targets))
        return outcome(planned, sent=sent, dry_run=request.dry_run)

    async def _send(self, request: ReplayRequest, wanted: Wanted, planned: Plan) -> int:
        if not planned.total:
            return 0
        room = partial(_read_up, self.kafka) if self.keeps_little else no_wait
        without = frozenset(request.leave_out_headers)
        sending = Sending(producer=self.producer, without=without, room=room)
        return await replay(self.kafka, wanted, planned, sending)


def outcome(planned: Plan, *, sent: int, dry_run: bool) -> Replayed:
    """Return what a replay did by its plan."""
    return Replayed(
        dry_run=dry_run,
        sent=sent,
        due=planned.total - sent,
        targets=dict(planned.targets),
        replayed_before=planned.fates[Fate.OLD],
        too_often=planned.fates[Fate.TOO_OFTEN],
        without_value=planned.fates[Fate.NO_VALUE],
        originals=planned.originals[:_ORIGINALS_MAX],
    )


async def _read_up(kafka: KafkaSettings, topic: str) -> None:
    try:
        async with asyncio.timeout(_ROOM_WITHIN_S):
            await read_up(kafka, topic)
    except TimeoutError:
        raise RetryableError(f"the services that read {topic} don't catch up; start them first") from None
