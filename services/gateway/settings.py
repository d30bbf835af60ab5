"""Settings of the gateway. Built once, in `__main__.py`."""

from typing import Annotated

from pydantic import Field

from services.gateway.accepting.settings import AcceptSettings
from services.gateway.guard.settings import GuardSettings
from services.gateway.results.settings import ResultSettings
from shared.serving.settings import BatchSettings, ServingSettings
from shared.settings import EmptyIsNone, FilePlace, Group, ListenSettings


class DirectSettings(Group):
    """Limits of direct calls to the models."""

    deadline_s: Annotated[float, Field(gt=0, le=600)] = 10.0
    """Longest time of a call, from its body to the last answer."""

    max_items: Annotated[int, Field(ge=64, le=8192)] = 1024
    """Texts and images that are being answered at most; further calls get 503 and come again."""


class Settings(ServingSettings):
    """Settings of the gateway."""

    gateway: ListenSettings = ListenSettings(port=8000)
    accept: AcceptSettings = AcceptSettings()
    guard: GuardSettings = GuardSettings()

    keys_file: Annotated[FilePlace | None, EmptyIsNone] = None
    """File of keys, of the mode 600, which `tidemill keys` writes; a change is noticed within a second.

    Empty means none: then everybody may do everything, and the gateway listens on loopback only.
    """

    batch: BatchSettings = BatchSettings(max_wait_s=0.001)
    """A person waits for each direct call; calls that come while the model works share a batch anyway."""

    direct: DirectSettings = DirectSettings()

    kafka_in_memory: bool = False
    """True for the embedded broker in memory, which keeps 5 MB a partition.

    A replay of dead letters then waits until the services have read what it sent.
    """
    results: ResultSettings = ResultSettings()
