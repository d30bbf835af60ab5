"""Bounds of a stream: records held, commits, and when it gives up."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class GuardLimits(BaseModel):
    """Bounds at which a stream gives up; the same for every engine."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    stall_after_s: Annotated[float, Field(gt=0, le=86_400)] = 30.0
    """With lag and no record moving for so long the Kafka clients are built anew; after twice as long the
    process is unhealthy: restart it. The same holds when the broker has answered nothing for so long.
    """

    dead_letter_max_share: Annotated[float, Field(gt=0, le=1)] = 0.05
    """Above this share of a minute's records the service stops."""

    dead_letter_min_count: Annotated[int, Field(ge=1)] = 100
    """Fewer dead letters than this a minute never stop it."""


class StreamLimits(GuardLimits):
    """The bounds of one stream; part of a service's settings."""

    # On two cores 512 gave a fifth more BERT answers a second than 256, 1024 hardly more.
    max_in_flight_records: Annotated[int, Field(ge=1, le=1_000_000)] = 512
    """Records between fetch and commit; at this many the stream stops fetching."""

    max_in_flight_bytes: Annotated[int, Field(ge=1, le=2**40)] = 32 * 1024 * 1024
    """The same for the bytes of their keys, values and headers."""

    fetch_timeout_ms: Annotated[int, Field(ge=1, le=60_000)] = 200
    """Longest wait of a fetch for its first record; a stop does not wait for it."""

    commit_interval_s: Annotated[float, Field(gt=0, le=3600)] = 0.25
    """Time between commits of offsets; what a crash repeats is at most of this time."""

    drain_s: Annotated[float, Field(gt=0, le=3600)] = 8.0
    """Longest wait of a stop or a rebalance for records in flight; the next owner reads the rest again."""
