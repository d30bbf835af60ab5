"""The wiring: settings in, a running stream out."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from typing import Any

from prometheus_client import CollectorRegistry

from services.inference.handler import InferenceHandler
from services.inference.settings import Settings
from services.inference.streams import StreamPlan, plan_of
from services.inference.tasks.task import Task
from shared.bus.kafka import KafkaBus
from shared.bus.metrics import StreamMetrics
from shared.bus.stream import Source, Stream
from shared.cache.open import open_cache
from shared.cache.port import Cache
from shared.errors import ConfigError
from shared.inference.batcher import Batcher
from shared.inference.bundle import load_bundle
from shared.inference.call import ModelCall, Target
from shared.inference.metrics import InferenceMetrics
from shared.inference.port import ModelServer, ModelSpec
from shared.inference.prototypes import IntentsFile
from shared.inference.triton import CallLimits, TritonRunner
from shared.service.health import stream_health
from shared.service.http import serve_http
from shared.service.models import wait_for_model
from shared.service.predictor import Predictor, Recipe


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run the stream named in the settings until `stop` is set."""
    plan = plan_of(settings.stream, IntentsFile(settings.intents_file))
    await serve_plan(plan, settings, stop)


async def serve_plan(plan: StreamPlan[Any], settings: Settings, stop: asyncio.Event) -> None:
    """Run one stream until `stop` is set."""
    registry = CollectorRegistry()
    async with AsyncExitStack() as stack:
        limits = CallLimits(deadline_s=settings.triton.deadline_s)
        runner = TritonRunner(settings.triton.address, limits=limits)
        stack.push_async_callback(runner.aclose)
        cache = await open_cache(settings.redis, registry)
        stack.push_async_callback(cache.aclose)
        models = Models(settings, runner, cache, registry)
        stack.callback(models.close)
        predictors = {task.model: await models.open(task) for task in plan.tasks}
        stream = Stream(
            KafkaBus(settings.kafka),
            _source(settings, plan),
            InferenceHandler(plan, predictors),
            limits=settings.limits,
            metrics=StreamMetrics(registry),
        )
        health = stream_health(
            stream, stall_after_s=settings.limits.stall_after_s, waiting=lambda: waiting_for(models.calls)
        )
        http = await serve_http(settings.http, health, registry)
        stack.push_async_callback(http.cleanup)
        await stream.run(stop)


def _source(settings: Settings, plan: StreamPlan[Any]) -> Source:
    return Source(
        topics=[plan.reads.name], group=f"tidemill-inference-{settings.stream}", member=settings.kafka.member
    )


class Models:
    """Opens the models of one process; they share a runner, a cache and one thread for encoding."""

    def __init__(
        self, settings: Settings, runner: ModelServer, cache: Cache, registry: CollectorRegistry
    ) -> None:
        self.calls: dict[str, ModelCall[Any]] = {}
        self._settings = settings
        self._runner = runner
        self._cache = cache
        self._metrics = InferenceMetrics(registry)
        # One thread keeps one tokenizer busy without taking a core from the models.
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="encode")

    async def open(self, task: Task[Any, Any, Any]) -> Predictor[Any, Any]:
        """Return the predictor of a model that is served and fits its files.

        Raises ConfigError when Triton doesn't have it in time, or has one made for another tokenizer.
        """
        bundle = load_bundle(self._settings.models_dir, task.model)
        served = await wait_for_model(self._runner, bundle, timeout_s=self._settings.start_timeout_s)
        vectors = widths_of(task.vectors, served)
        metrics = self._metrics.model(task.model)
        call = ModelCall(
            self._runner,
            Target(bundle.model, bundle.version, (*bundle.outputs, *vectors)),
            pad=task.pad,
            metrics=metrics,
        )
        self.calls[task.model] = call
        limits = self._settings.batch.limits(token_budget=task.token_budget)
        batcher = Batcher(call, task.length, limits=limits, metrics=metrics)
        recipe = Recipe(canonical=task.canonical, encode=task.encoder(bundle), vectors=vectors)
        return Predictor(bundle, recipe, batcher, cache=self._cache, executor=self._executor)

    def close(self) -> None:
        """End the encoding thread."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def widths_of(outputs: Sequence[str], served: ModelSpec) -> dict[str, int]:
    """Return how many numbers each output has. Raises ConfigError when the model lacks one of them."""
    for name in outputs:
        if name not in served.outputs:
            raise ConfigError(f"{served.model} has no output {name!r}; run `make train MODEL={served.model}`")
    return {name: served.outputs[name].dims[-1] for name in outputs}


def waiting_for(calls: dict[str, ModelCall[Any]]) -> str | None:
    """Return which models are away, in one line; None when all answer."""
    now_s = asyncio.get_running_loop().time()
    away = [
        f"{model} for {now_s - since_s:.0f} s"
        for model, call in calls.items()
        if (since_s := call.waiting_since_s) is not None
    ]
    return "waiting for model " + ", ".join(away) if away else None
