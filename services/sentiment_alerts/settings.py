"""Settings of the alert service, e.g. `TIDEMILL__ALERTS__MIN_NEGATIVE_COUNT=8`."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.settings import Group
from shared.stateful.settings import StatefulSettings

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Hours = Annotated[float, Field(gt=0.0, le=24 * 365)]
Count = Annotated[int, Field(ge=1)]


class AlertSettings(Group):
    """When a company's news counts as turned. All times are event time."""

    window_h: Hours = 6.0
    """Stories this close together are judged together."""

    lateness_h: Hours = 6.0
    """A story published so long before the newest one of its company still counts."""

    ahead_max_h: Hours = 24.0
    """A story dated further than this into the future is refused: it would end every window."""

    max_story_count: Annotated[int, Field(ge=1, le=1000)] = 200
    """Stories kept a company; beyond it the oldest go first."""

    reprint_similarity: Share = 0.6
    """From this share of common words on a headline is a reprint of one that is already there."""

    story_negative: Share = 0.6
    """From this probability of bad news on a story counts as negative."""

    min_negative_count: Count = 5
    """Negative stories in a window before an alert is possible."""

    min_negative_mean: Share = 0.5
    """Mean probability of bad news over the window before an alert is possible."""

    max_chance: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.005
    """So improbable the window must be for a company with this one's usual share of bad news."""

    usual_share: Share = 0.25
    """Share of bad news to expect from a company that is not known yet."""

    usual_weight: Annotated[float, Field(gt=0.0)] = 4.0
    """How many stories of its own outweigh that expectation."""

    memory_h: Hours = 24.0 * 7
    """Half-life of what is known about a company's usual share."""

    update_growth: Annotated[float, Field(gt=1.0)] = 1.5
    """An open alert is updated when it has grown this many times since it was last told."""

    resolve_negative_count: Annotated[int, Field(ge=0)] = 1
    """An alert is resolved when not more than these negative stories are kept."""

    resolve_negative_mean: Share = 0.3
    """An alert is also resolved when the newest window's mean is not above this ..."""

    resolve_story_count: Count = 3
    """... and the window holds so many stories: a single good one proves nothing."""

    cooldown_h: Annotated[float, Field(ge=0.0, le=24 * 365)] = 3.0
    """After an alert is resolved its company raises none for so long."""

    max_evidence_count: Annotated[int, Field(ge=1, le=50)] = 10
    """Stories listed in an alert."""

    @property
    def window(self) -> timedelta:
        """Return `window_h` as a span."""
        return timedelta(hours=self.window_h)

    @property
    def retention(self) -> timedelta:
        """Return for how long a story is kept: as long as a late one may join its window."""
        return timedelta(hours=self.window_h + self.lateness_h)

    @model_validator(mode="after")
    def _resolves_below_raise(self) -> Self:
        if self.resolve_negative_mean >= self.min_negative_mean:
            raise ValueError("resolve_negative_mean must be below min_negative_mean, else alerts flap")
        if self.resolve_negative_count >= self.min_negative_count:
            raise ValueError("resolve_negative_count must be below min_negative_count, else alerts flap")
        return self


class Settings(StatefulSettings):
    """Everything that the alert service needs."""

    alerts: AlertSettings = AlertSettings()
