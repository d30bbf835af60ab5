"""Acceptance once a key: a request that comes again with its `Idempotency-Key` writes nothing again."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import structlog

from services.gateway.accepting.claim_store import ClaimStore
from services.gateway.accepting.claims import Claim, Next, next_step
from services.gateway.accepting.lease import Lease
from services.gateway.accepting.metrics import AcceptMetrics
from services.gateway.accepting.search import Search
from services.gateway.accepting.submission import Accept, Key, Submission
from services.gateway.problems import Kind, ProblemError
from shared.bus.record import Place
from shared.cache.store import StoreAwayError

_RETRY_AFTER_S: Final = 1

log = structlog.get_logger()


class Once:
    """Writes the events of a key once, also where the gateway that wrote them died before it could say so.

    A claim is stored before anything is written, and the places of the events after it. Whoever finds the
    claim of a dead gateway looks for the events on their topic before it writes them. While the store is away
    events are written with the same ids, so that repeats can be recognised.
    """

    def __init__(
        self, write: Accept, claims: ClaimStore, lease: Lease, search: Search, *, metrics: AcceptMetrics
    ) -> None:
        self._write = write
        self._claims = claims
        self._lease = lease
        self._search = search
        self._metrics = metrics
        self._working: set[Key] = set()
        """Keys of the requests that this gateway works on."""
        self._is_store_away = False

    async def accept(self, submission: Submission) -> Sequence[Place]:
        """Return the places of the events, in order; those of the first request, where this one comes again.

        Raises ProblemError for a key that was used for another body, or whose first request goes on still;
        otherwise what `write` raises.
        """
        key = submission.key
        if key is None:
            return await self._write(submission)
        if key in self._working:
            raise _still_running()
        self._working.add(key)
        try:
            return await self._accept(key, submission)
        finally:
            self._working.discard(key)

    async def _accept(self, key: Key, submission: Submission) -> Sequence[Place]:
        now_ms = int(time.time() * 1000)
        new = Claim(self._lease.owner, submission.fingerprint, first_ms=now_ms, last_ms=now_ms)
        try:
            found = await self._claims.add(key, new)
            self._note_store(None)
            claim = new if found is None else await self._resumed(key, found, submission, now_ms)
        except StoreAwayError as error:
            self._note_store(error)
            return await self._write(submission)
        if claim.places:
            self._metrics.repeats.inc()
            return claim.places
        write = self._write if found is None else self._missing_of(claim)
        return await self._claimed(key, claim, submission, write)

    async def _resumed(self, key: Key, found: Claim, submission: Submission, now_ms: int) -> Claim:
        """Return the claim of an earlier request, where it is done; else taken over. Raises ProblemError."""
        # This process works on no other request of the key.
        is_ours = found.owner == self._lease.owner
        owner_works = bool(found.owner) and not is_ours and await self._lease.is_alive(found.owner)
        match next_step(found, fingerprint=submission.fingerprint, owner_works=owner_works):
            case Next.ANSWER:
                return found
            case Next.REFUSE:
                raise ProblemError(
                    Kind.KEY_REUSED, "this Idempotency-Key came with another body: send another key"
                )
            case Next.TAKE_OVER:
                mine = found.taken_over(self._lease.owner, now_ms)
                if await self._claims.replace(key, old=found, new=mine):
                    return mine
        raise _still_running()

    async def _claimed(self, key: Key, mine: Claim, submission: Submission, write: Accept) -> Sequence[Place]:
        """Return the places of the events that are written under our claim, and store them."""
        after = mine.given_up()
        try:
            places = await write(submission)
            after = mine.done(places)
        finally:
            await self._store(key, mine, after)
        return places

    async def _store(self, key: Key, mine: Claim, after: Claim) -> None:
        try:
            await self._claims.replace(key, old=mine, new=after)
        except StoreAwayError as error:
            self._note_store(error)  # a retry finds our claim, sees that nobody works on it, and looks

    def _missing_of(self, claim: Claim) -> Accept:
        """Return the writing of those events that are not on their topic yet."""

        async def write(submission: Submission) -> Sequence[Place]:
            events = submission.events
            ids = [event.event_id for event in events]
            self._metrics.searches.inc()
            found = dict(await self._search(events[0].name, ids, claim.first_ms, claim.last_ms))
            missing = [event for event in events if event.event_id not in found]
            if missing:
                written = await self._write(replace(submission, events=missing))
                found |= {event.event_id: place for event, place in zip(missing, written, strict=True)}
            return [found[event_id] for event_id in ids]

        return write

    def _note_store(self, error: StoreAwayError | None) -> None:
        is_away = error is not None
        if is_away:
            self._metrics.unprotected.inc()
        if is_away != self._is_store_away:
            self._is_store_away = is_away
            if is_away:
                log.warning("keys_not_remembered", error=str(error))
            else:
                log.info("keys_remembered")


def _still_running() -> ProblemError:
    return ProblemError(
        Kind.KEY_IN_USE,
        "the first request with this Idempotency-Key goes on still: send this one again later",
        headers={"Retry-After": str(_RETRY_AFTER_S)},
    )
