"""How much a stream may hold, how often it commits, when it gives up."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class StreamLimits(BaseModel):
    """The bounds of one stream; part of a service's settings."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    # On two cores 512 gave a fifth more BERT answers a second than 256, 1024 hardly more.
    max_in_flight_records: Annotated[int, Field(ge=1, le=1_000_000)] = 512
    """Records between fetch and commit; at this many the stream stops fetching."""

    max_in_flight_bytes: Annotated[int, Field(ge=1, le=2**40)] = 32 * 1024 * 1024
    """The same for the bytes of their keys and values."""

    fetch_timeout_ms: Annotated[int, Field(ge=1, le=60_000)] = 200
    """How long a fetch waits for the first record; a stop does not wait for it."""

    commit_interval_s: Annotated[float, Field(gt=0, le=3600)] = 0.25
    """How often offsets are committed; what a crash repeats is at most of this time."""

    drain_s: Annotated[float, Field(gt=0, le=3600)] = 8.0
    """How long a stop or a rebalance waits for records in flight; the next owner reads the rest again."""

    stall_after_s: Annotated[float, Field(gt=0, le=86_400)] = 30.0
    """With lag, nothing in flight and no record for so long the Kafka clients are built anew.

    So, too, when the broker has answered nothing for so long.
    """

    dead_letter_max_share: Annotated[float, Field(gt=0, le=1)] = 0.05
    """Above this share of a minute's records the service stops."""

    dead_letter_min_count: Annotated[int, Field(ge=1)] = 100
    """Fewer dead letters than this a minute never stop it."""
