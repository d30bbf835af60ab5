"""What an operator may change, e.g. `TIDEMILL__STREAM=news`. Built once, in `__main__.py`."""

from typing import Literal

from shared.bus.limits import StreamLimits
from shared.serving.settings import ServingSettings


class Settings(ServingSettings):
    """One process runs one stream."""

    stream: Literal["messages", "news", "images"] = "messages"
    """Which input topic is read, and which models judge it."""

    limits: StreamLimits = StreamLimits()
