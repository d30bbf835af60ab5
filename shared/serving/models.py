"""Models of one process: opened at the start, and replaced by other versions while it runs."""

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from prometheus_client import CollectorRegistry

from shared.cache.port import Cache
from shared.inference.batcher import Batcher
from shared.inference.call import ModelCall, Target
from shared.inference.metrics import InferenceMetrics
from shared.inference.port import ModelServer, ModelSpec
from shared.repository.bundle import ModelBundle
from shared.serving.compatibility import width_of
from shared.serving.predictor import InputEncoding, Predictor
from shared.serving.settings import ServingSettings
from shared.serving.task import Task
from shared.serving.versions import VersionWatch

_LOOK_FOR_AWAITED_EVERY_S = 1.0
"""Time between two looks while a model has no version that serves."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Version:
    """One version of a model that can answer."""

    predictor: Predictor[Any, Any]
    call: ModelCall[Any]


class Models:
    """The newest working version of each model. All share a runner and a cache."""

    def __init__(
        self, settings: ServingSettings, runner: ModelServer, cache: Cache, registry: CollectorRegistry
    ) -> None:
        self._clock_s = asyncio.get_running_loop().time
        self._awaited_since_s: dict[str, float] = {}
        self._serving: dict[str, _Version] = {}
        self._watches: dict[str, VersionWatch[_Version]] = {}
        self._predictors: dict[str, Predictor[Any, Any]] = {}
        self._settings = settings
        self._runner = runner
        self._cache = cache
        self._metrics = InferenceMetrics(registry)
        self._executors: dict[str, ThreadPoolExecutor] = {}

    @property
    def predictors(self) -> Mapping[str, Predictor[Any, Any]]:
        """Current predictor of each model. Read it once for answers that belong together."""
        return self._predictors

    async def open_all(self, tasks: Iterable[Task[Any, Any, Any]]) -> None:
        """Open the models of several tasks, one after the other; raises what `open` raises."""
        for task in tasks:
            await self.open(task)

    async def open(self, task: Task[Any, Any, Any]) -> None:
        """Open the newest version of a task's model that is ready and fits its files.

        Raises RetryableError when Triton has none in time, ConfigError when none fits its files.
        """
        watch = self._await(task)
        self._take(task.model, await watch.first(timeout_s=self._settings.start_timeout_s))
        self._watches[task.model] = watch

    def expect(self, tasks: Iterable[Task[Any, Any, Any]]) -> None:
        """Leave it to `follow` to open the models of these tasks, whenever Triton has them ready."""
        for task in tasks:
            self._watches[task.model] = self._await(task)
            log.info("model_expected", model=task.model)

    async def follow(self) -> None:
        """Open expected models, and replace versions as they appear and disappear, until cancelled."""
        while True:
            for model, watch in self._watches.items():
                if version := await watch.look():
                    self._take(model, version)
            await asyncio.sleep(self._look_again_after_s())

    def away_s(self) -> Mapping[str, float]:
        """Return the models that do not answer, each with the seconds since when."""
        now_s = self._clock_s()
        away_since_s = self._awaited_since_s | {
            model: since_s
            for model, version in self._serving.items()
            if (since_s := version.call.waiting_since_s) is not None
        }
        return {model: now_s - since_s for model, since_s in away_since_s.items()}

    def waiting_for(self) -> str | None:
        """Return which models do not answer, in one line; None when all do."""
        away = [f"{model} for {seconds:.0f} s" for model, seconds in self.away_s().items()]
        return "waiting for model " + ", ".join(away) if away else None

    def close(self) -> None:
        """End the encoding threads."""
        for executor in self._executors.values():
            executor.shutdown(wait=False, cancel_futures=True)

    def _await(self, task: Task[Any, Any, Any]) -> VersionWatch[_Version]:
        self._awaited_since_s[task.model] = self._clock_s()
        self._metrics.model(task.model).away.set_function(lambda: self.away_s().get(task.model, 0.0))
        return VersionWatch(self._runner, self._settings.models_dir, task.model, partial(self._opened, task))

    def _look_again_after_s(self) -> float:
        look_every_s = self._settings.models_look_every_s
        return min(_LOOK_FOR_AWAITED_EVERY_S, look_every_s) if self._awaited_since_s else look_every_s

    def _take(self, model: str, version: _Version) -> None:
        """Let a version answer all further requests; the former one finishes its own."""
        self._awaited_since_s.pop(model, None)
        former = self._serving.get(model)
        self._serving[model] = version
        self._predictors[model] = version.predictor
        self._metrics.model(model).version.set(int(version.predictor.bundle.version))
        if former:
            former.call.retire()

    async def _opened(self, task: Task[Any, Any, Any], bundle: ModelBundle, served: ModelSpec) -> _Version:
        vectors = {name: width_of(name, served) for name in task.vectors}
        metrics = self._metrics.model(task.model)
        target = Target(bundle.model, bundle.version, (*bundle.outputs, *vectors))
        call = ModelCall(self._runner, target, pad=task.pad, metrics=metrics)
        limits = self._settings.batch.limits(token_budget=task.token_budget)
        batcher = Batcher(call, task.length, limits=limits, metrics=metrics)
        encode = await asyncio.to_thread(task.encoder, bundle)
        encoding = InputEncoding(canonical=task.canonical, encode=encode, vectors=vectors)
        predictor = Predictor(
            bundle, encoding, batcher, cache=self._cache, executor=self._executor_of(task.model)
        )
        return _Version(predictor, call)

    def _executor_of(self, model: str) -> ThreadPoolExecutor:
        """Return the encoding thread of a model: a slow photo delays no text of another model.

        One thread keeps one tokenizer busy without taking a core from the models.
        """
        if model not in self._executors:
            name = f"encode-{model}"
            self._executors[model] = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        return self._executors[model]
