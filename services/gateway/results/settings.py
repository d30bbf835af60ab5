"""Settings of results."""

from typing import Annotated

from pydantic import Field, SecretStr

from shared.settings import EmptyIsNone, Group


class ResultSettings(Group):
    """Links to results, and results in memory."""

    link_secret: Annotated[Annotated[SecretStr, Field(min_length=16)] | None, EmptyIsNone] = None
    """Secret that links to results are signed with, the same in all gateways of an installation.

    Without it each gateway makes one up at its start, and its links end with it.
    """

    keep_count: Annotated[int, Field(ge=1, le=10_000_000)] = 20_000
    """Results that are kept in memory, for links and for streams that go on."""

    keep_bytes: Annotated[int, Field(ge=1_000, le=100_000_000_000)] = 32 * 1024 * 1024
    """Bytes of these results at most; links and streams keep so much each."""
