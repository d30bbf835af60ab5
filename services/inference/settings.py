"""Settings of the inference service, e.g. `TIDEMILL__STREAM=news`. Built once, in `__main__.py`."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticKnownError

from shared.bus.limits import StreamLimits
from shared.catalogue import STREAMS
from shared.serving.settings import ServingSettings


def _known(stream: str) -> str:
    if stream not in STREAMS:
        raise PydanticKnownError("literal_error", {"expected": ", ".join(map(repr, STREAMS))})
    return stream


StreamName = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": list(STREAMS)})]
"""A stream of the catalogue that this service can run."""


class Settings(ServingSettings):
    """Settings of one process, which runs one stream."""

    stream: StreamName = "messages"
    """Stream that the process runs: its input topic and the models that it asks."""

    limits: StreamLimits = StreamLimits()
