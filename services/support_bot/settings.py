"""Settings of the support bot, e.g. `TIDEMILL__ROUTING__AUTO_CONFIDENCE=0.9`."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.bus.limits import StreamLimits
from shared.settings import EmptyIsNone, Group, Readable, ServiceSettings

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class RoutingSettings(Group):
    """From which certainty on the bot may act. All are calibrated probabilities, 0 to 1."""

    auto_confidence: Share = 0.85
    """From here on the bot answers at once, where the table of answers allows it."""

    auto_margin: Share = 0.3
    """So far the best label must lie ahead of the second best, for an answer at once."""

    draft_confidence: Share = 0.5
    """From here on a human finds a draft; below it the message goes to triage without one."""

    urgent_confidence: Share = 0.25
    """From here on an urgent label, also as the second best, brings a human in at once."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.draft_confidence > self.auto_confidence:
            raise ValueError("draft_confidence must not be above auto_confidence")
        return self


class Settings(ServiceSettings):
    """All settings of the support bot."""

    replies_file: Annotated[Annotated[Path, Readable] | None, EmptyIsNone] = None
    """The table of answers, a file like `services/support_bot/replies.toml`, which it replaces.

    Empty means none.
    """

    routing: RoutingSettings = RoutingSettings()
    limits: StreamLimits = StreamLimits()
