"""Submission: the events of one request, and how the request is recognised when it comes again."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from services.gateway.accepting.bodies import Body
from shared.bus.record import Place
from shared.events import Event
from shared.events.headers import Trace

_NAMESPACE: Final = UUID("3f0a3c1e-8a55-4c0e-9d0c-6b7b5b6f0c1d")
"""Changing it would give retried requests other events."""


@dataclass(frozen=True, slots=True)
class Key:
    """An `Idempotency-Key` of one caller; keys of different callers never meet."""

    caller_id: str
    value: str

    def event_id(self, index: int) -> UUID:
        """Return the id of the event at this index of the request: the same whenever the request comes."""
        return uuid5(_NAMESPACE, f"{self.caller_id}\n{index}\n{self.value}")


@dataclass(frozen=True, slots=True)
class Submission:
    """Events of one request, in its order."""

    events: Sequence[Event]
    trace: Trace
    key: Key | None = None
    """None where the caller sends no key: the same request again is another event."""

    fingerprint: str = ""
    """Hash of the bodies as parsed: a key with another fingerprint is used for something else."""


Accept = Callable[[Submission], Coroutine[Any, Any, Sequence[Place]]]
"""Returns the places of the events, in order, once Kafka has all of them."""


def event_ids(key: Key | None, count: int) -> list[UUID]:
    """Return the ids of the events of a request."""
    return [uuid4() if key is None else key.event_id(index) for index in range(count)]


def fingerprint(bodies: Sequence[Body]) -> str:
    """Return a hash that is equal only for equal bodies, however their JSON is written."""
    digest = blake2b(digest_size=16)
    for body in bodies:
        text = f"{type(body).__name__}\n{body.model_dump_json()}".encode()
        digest.update(len(text).to_bytes(8))
        digest.update(text)
    return digest.hexdigest()
