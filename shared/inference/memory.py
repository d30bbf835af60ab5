"""A model server in memory whose models are functions; for tests."""

from collections.abc import Callable, Mapping, Sequence

from shared.errors import RetryableError
from shared.inference.port import Arrays, ModelSpec, TensorSpec

Model = Callable[[Arrays], Arrays]
"""Answers a batch; may raise the errors of a runner."""


class MemoryRunner:
    """Answers by the function of the model, for any version.

    `canaries` replace the real inference by which a server shows that a model works.
    """

    def __init__(
        self,
        models: Mapping[str, Model],
        *,
        specs: Mapping[str, ModelSpec] | None = None,
        canaries: Mapping[str, Callable[[], None]] | None = None,
    ) -> None:
        self._models = models
        self._specs = specs or {}
        self._canaries = canaries or {}

    async def infer(self, model: str, version: str, inputs: Arrays, outputs: Sequence[str]) -> Arrays:
        """Return the named outputs of the function."""
        answer = self._model(model, version)(inputs)
        return {name: answer[name] for name in outputs}

    async def ready(self, model: str, version: str) -> ModelSpec:
        """Return the spec given at the start, else an empty one."""
        self._model(model, version)
        return self._specs.get(model) or empty_spec(model, version)

    async def canary(self, model: str, version: str) -> None:
        """Return when the model exists and its canary, if any, succeeds."""
        self._model(model, version)
        if model in self._canaries:
            self._canaries[model]()

    async def aclose(self) -> None:
        """Do nothing: there is no connection."""

    def _model(self, model: str, version: str) -> Model:
        if model not in self._models:
            raise RetryableError(f"model {model} version {version} is not ready")
        return self._models[model]


def empty_spec(model: str, version: str) -> ModelSpec:
    """Return a spec without inputs and outputs."""
    nothing: dict[str, TensorSpec] = {}
    return ModelSpec(
        model=model, version=version, inputs=nothing, outputs=nothing, max_batch_size=64, parameters={}
    )
