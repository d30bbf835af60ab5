"""Settings of the acceptance of events."""

from typing import Annotated

from pydantic import Field

from shared.settings import Group


class AcceptSettings(Group):
    """How long a request may wait for Kafka, and how long its key is remembered."""

    deadline_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    """A request that Kafka has not acknowledged after this long is answered with 503."""

    max_waiting: Annotated[int, Field(ge=1, le=100_000)] = 2_000
    """Requests that wait for Kafka at a time; further ones are answered with 503 at once."""

    remember_h: Annotated[int, Field(ge=1, le=720)] = 24
    """How long an `Idempotency-Key` is remembered, in hours."""
