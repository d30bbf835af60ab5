"""A worker serves only the model that its tokenizer and labels belong to."""

from pathlib import Path

import pytest

from shared.errors import ConfigError, RetryableError
from shared.inference.bundle import ModelBundle, OutputSpec, TextSpec
from shared.inference.port import Arrays, ModelSpec
from shared.service.models import wait_for_model

BUNDLE = ModelBundle(
    model="tone",
    version="1",
    folder=Path("triton_models/tone/1"),
    spec=TextSpec(max_tokens=9, outputs={"logits": OutputSpec(labels=("a", "b"))}),
    preprocessing_hash="ab" * 32,
)


class Server:
    """A model server that is ready after some refusals, with the config given."""

    def __init__(self, parameters: dict[str, str], refusals: int = 0) -> None:
        self._parameters = parameters
        self.refusals = refusals

    async def ready(self, model: str, version: str) -> ModelSpec:
        """Return the spec, or refuse."""
        if self.refusals:
            self.refusals -= 1
            raise RetryableError("not yet")
        return ModelSpec(
            model=model, version=version, inputs={}, outputs={}, max_batch_size=1, parameters=self._parameters
        )

    async def infer(self, model: str, version: str, inputs: Arrays, outputs: object) -> Arrays:
        """Never asked here."""
        raise NotImplementedError

    async def canary(self, model: str, version: str) -> None:
        """Never asked here."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Nothing to close."""


async def test_a_model_with_our_hash_is_taken_once_it_is_ready() -> None:
    server = Server({"preprocessing_sha256_v1": "ab" * 32}, refusals=1)

    spec = await wait_for_model(server, BUNDLE, timeout_s=5.0)

    assert spec.model == "tone"
    assert server.refusals == 0


async def test_a_model_made_for_another_tokenizer_is_refused() -> None:
    server = Server({"preprocessing_sha256_v1": "cd" * 32})

    with pytest.raises(ConfigError, match="TIDEMILL__MODELS_DIR"):
        await wait_for_model(server, BUNDLE, timeout_s=5.0)


async def test_a_model_that_never_comes_is_a_wrong_set_up() -> None:
    with pytest.raises(ConfigError, match="--load-model=tone"):
        await wait_for_model(Server({}, refusals=99), BUNDLE, timeout_s=0.01)
