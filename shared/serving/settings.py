"""Settings of every process that serves models."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from shared.inference.batcher import BatchLimits
from shared.settings import FilePlace, Folder, Group, RedisSettings, ServiceSettings, TritonSettings


class BatchSettings(Group):
    """Limits of the batches that are sent to a model."""

    token_budget: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Most tokens of a text batch, padding included; by default what is best for each model."""

    max_items: Annotated[int, Field(ge=1, le=64)] = 64
    """Items of a batch at most; the models take 64."""

    max_wait_s: Annotated[float, Field(ge=0, le=60)] = 0.005
    """Longest time that the first item of a batch waits for others."""

    max_in_flight: Annotated[int, Field(ge=2, le=64)] = 2
    """Most batches at a model at a time."""

    def limits(self, *, token_budget: int) -> BatchLimits:
        """Return the bounds for a batcher; `token_budget` is the model's own."""
        return BatchLimits(
            token_budget=self.token_budget or token_budget,
            max_items=self.max_items,
            max_wait_s=self.max_wait_s,
            max_in_flight=self.max_in_flight,
        )


class ServingSettings(ServiceSettings):
    """Model repository, batches, and the change of versions."""

    models_dir: Annotated[Folder, Field(validate_default=True)] = Path("triton_models")
    """The model repository: tokenizers and labels are read from it."""

    intents_file: FilePlace = Path("intents.json")
    """Intents that `tidemill intents add` writes; a change is noticed within a second."""

    start_timeout_s: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    """How long the start waits for Triton to have the models ready."""

    models_look_every_s: Annotated[float, Field(gt=0, le=86_400)] = 5.0
    """How often a worker looks whether its models have another version to serve."""

    triton: TritonSettings = TritonSettings()
    redis: RedisSettings = RedisSettings()
    batch: BatchSettings = BatchSettings()
