"""Models of one process: opened at the start, and replaced by other versions while it runs."""

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

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


@dataclass(frozen=True, slots=True)
class _Version:
    """One version of a model that can answer."""

    predictor: Predictor[Any, Any]
    call: ModelCall[Any]


class Models:
    """The newest working version of each model. All share a runner, a cache and an encoding thread."""

    def __init__(
        self, settings: ServingSettings, runner: ModelServer, cache: Cache, registry: CollectorRegistry
    ) -> None:
        self._awaited_since_s: dict[str, float] = {}
        self._serving: dict[str, _Version] = {}
        self._watches: dict[str, VersionWatch[_Version]] = {}
        self._predictors: dict[str, Predictor[Any, Any]] = {}
        self._settings = settings
        self._runner = runner
        self._cache = cache
        self._metrics = InferenceMetrics(registry)
        # One thread keeps one tokenizer busy without taking a core from the models.
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="encode")

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
        watch = VersionWatch(self._runner, self._settings.models_dir, task.model, partial(self._opened, task))
        self._awaited_since_s[task.model] = asyncio.get_running_loop().time()
        self._take(task.model, await watch.first(timeout_s=self._settings.start_timeout_s))
        del self._awaited_since_s[task.model]
        self._watches[task.model] = watch

    async def follow(self) -> None:
        """Replace versions as they appear and disappear, until cancelled."""
        while True:
            await asyncio.sleep(self._settings.models_look_every_s)
            for model, watch in self._watches.items():
                if version := await watch.look():
                    self._take(model, version)

    def waiting_for(self) -> str | None:
        """Return which models do not answer, in one line; None when all do."""
        now_s = asyncio.get_running_loop().time()
        away_since_s = self._awaited_since_s | {
            model: since_s
            for model, version in self._serving.items()
            if (since_s := version.call.waiting_since_s) is not None
        }
        away = [f"{model} for {now_s - since_s:.0f} s" for model, since_s in away_since_s.items()]
        return "waiting for model " + ", ".join(away) if away else None

    def close(self) -> None:
        """End the encoding thread."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _take(self, model: str, version: _Version) -> None:
        """Let a version answer all further requests; the former one finishes its own."""
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
        return _Version(
            Predictor(bundle, encoding, batcher, cache=self._cache, executor=self._executor), call
        )
