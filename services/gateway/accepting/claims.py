"""Claims of requests with an `Idempotency-Key`, and the step that follows for whoever finds one. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from shared.bus.record import Partition, Place


@dataclass(frozen=True, slots=True)
class Claim:
    """State of the request that came with a key."""

    owner: str
    """Id of the gateway that writes the events; empty where it failed, and may have written them or not."""

    fingerprint: str
    first_ms: int
    """Time before anything was written, milliseconds since 1970."""

    last_ms: int
    """Time of the last take-over, before which nothing of it was written."""

    places: tuple[Place, ...] = ()
    """Places of the events, once Kafka has acknowledged all."""

    def done(self, places: Sequence[Place]) -> "Claim":
        """Return the claim of a request whose events are written."""
        return replace(self, places=tuple(places))

    def given_up(self) -> "Claim":
        """Return the claim of a request that nobody works on, and whose events may be written or not."""
        return replace(self, owner="")

    def taken_over(self, owner: str, now_ms: int) -> "Claim":
        """Return the claim in the hands of another gateway, which must look for the events first."""
        return replace(self, owner=owner, last_ms=now_ms)

    def to_bytes(self) -> bytes:
        """Return the claim as it is stored."""
        places = [(*partition, offset) for partition, offset in self.places]
        return json.dumps([self.owner, self.fingerprint, self.first_ms, self.last_ms, places]).encode()

    @classmethod
    def of(cls, value: bytes) -> "Claim":
        """Return the claim that `to_bytes` wrote."""
        owner, fingerprint, first_ms, last_ms, places = json.loads(value)
        return cls(
            owner,
            fingerprint,
            first_ms,
            last_ms,
            tuple(Place(Partition(topic, number), offset) for topic, number, offset in places),
        )


class Next(Enum):
    """Step of a request that finds a claim."""

    ANSWER = auto()
    """The events are written: the first answer is given again."""

    REFUSE = auto()
    """The key was used for another body."""

    WAIT = auto()
    """The first request is still being worked on."""

    TAKE_OVER = auto()
    """Nobody works on it: take the claim over, and write what is not written."""


def next_step(claim: Claim, *, fingerprint: str, owner_works: bool) -> Next:
    """Return what follows; `owner_works` says whether the claim's owner lives and works on it."""
    if claim.fingerprint != fingerprint:
        return Next.REFUSE
    if claim.places:
        return Next.ANSWER
    return Next.WAIT if claim.owner and owner_works else Next.TAKE_OVER
