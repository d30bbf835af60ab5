"""Settings of the guard, e.g. `TIDEMILL__GUARD__RATE_COUNT=500`."""

from typing import Annotated

from pydantic import Field

from shared.settings import Group

Count = Annotated[int, Field(ge=1, le=1_000_000)]
Seconds = Annotated[float, Field(gt=0, le=3600)]


class GuardSettings(Group):
    """Bounds of the gateway: host names, quotas of a key, requests at a time, time and bytes."""

    hosts: str = ""
    """Host names that the gateway goes by, with the port unless it is the usual one: `a.example,b:8000`.

    Without keys these are added to localhost, 127.0.0.1 and [::1]; with keys an empty list allows every name.
    """

    rate_count: Annotated[int, Field(ge=64, le=1_000_000)] = 2_000
    """Requests of one key in a window, those to the models apart; each item of a call counts."""

    analyze_count: Annotated[int, Field(ge=64, le=1_000_000)] = 20_000
    """Texts and images of one key in a window, for the addresses that ask the models directly."""

    rate_window_s: Annotated[int, Field(ge=1, le=86_400)] = 10
    """Length of the window of both quotas."""

    requests_max: Count = 512
    """Requests that are handled at a time; streams count apart."""

    requests_per_key_max: Count = 256
    """The same for one key, so that a flood leaves room for others. Without keys there is no such bound."""

    streams_max: Count = 500
    """Open streams of events. Each takes a connection."""

    streams_per_key_max: Count = 50
    """The same for one key."""

    connections_max: Count = 800
    """Open connections. Each takes a file descriptor, of which a process often has 1,024 (`ulimit -n`)."""

    bodies_max_bytes: Annotated[int, Field(ge=1_000_000)] = 256_000_000
    """Bytes of all bodies that are handled at a time: the memory that requests may take."""

    headers_within_s: Seconds = 10.0
    """Longest time from the first byte of a request, or from connecting, to its last header."""

    body_within_s: Seconds = 30.0
    """Longest time for a body to arrive; also for an answer, or an event, to be taken."""

    answer_within_s: Seconds = 60.0
    """Longest time for a request to be answered; streams have no such bound."""

    def host_names(self) -> tuple[str, ...]:
        """Return the host names, in lower case."""
        return tuple(name.strip().lower() for name in self.hosts.split(",") if name.strip())
