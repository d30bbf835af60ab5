"""Predictor of one model: cache, then encoding, then batcher."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from shared.cache.key import KeySpace
from shared.cache.port import Cache
from shared.errors import RejectedError
from shared.inference.batcher import Batcher, ItemResult, Row
from shared.repository.bundle import ModelBundle, WordsSpec

Raw = TypeVar("Raw")
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class InputEncoding(Generic[Raw, Item]):
    """Conversion of one kind of input into items of a model, and the cache key of an input."""

    canonical: Callable[[Raw], bytes]
    """Returns the bytes that the cache key is made of; equal bytes mean equal answers."""

    encode: Callable[[Sequence[Raw]], Sequence[Item | RejectedError]]
    """Returns the encoded items. Runs in another thread, as it takes CPU time."""

    vectors: Mapping[str, int] = field(default_factory=dict)
    """Size of each output that is asked for beside the logits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAnswer:
    """Outputs for one input by name, float32, with their timings."""

    row: Row
    cached: bool
    queue_ms: float
    infer_ms: float


class Predictor(Generic[Raw, Item]):
    """Answers the inputs of one model. Equal inputs under way share one model call (single flight)."""

    def __init__(
        self,
        bundle: ModelBundle,
        encoding: InputEncoding[Raw, Item],
        batcher: Batcher[Item],
        *,
        cache: Cache,
        executor: Executor,
    ) -> None:
        self.bundle = bundle
        self._recipe = encoding
        self._batcher = batcher
        self._cache = cache
        self._executor = executor
        self._keys = KeySpace(
            bundle.model,
            model=bundle.model,
            version=bundle.version,
            preprocessing_hash=bundle.preprocessing_hash,
        )
        self._under_way: dict[bytes, asyncio.Future[ItemResult]] = {}
        logits = {name: len(output.labels) for name, output in bundle.outputs.items()}
        self._widths = {**logits, **encoding.vectors}
        self._unpack = _unpack_words if isinstance(bundle.spec, WordsSpec) else _unpack

    async def predict(self, inputs: Sequence[Raw]) -> list[ModelAnswer | RejectedError]:
        """Return one outcome per input, in order. Raises the batcher's errors."""
        keys = [self._keys.key(self._recipe.canonical(raw)) for raw in inputs]
        found = await self._cached(keys)
        pending, refused = await self._submit(
            {key: raw for key, raw in zip(keys, inputs, strict=True) if key not in found}
        )
        if pending:
            # Not gather: a caller that gives up must not cancel what others wait for.
            await asyncio.wait(pending.values())
        fresh = {key: _outcome(future) for key, future in pending.items()}
        await self._keep(fresh)
        outcomes: dict[bytes, ModelAnswer | RejectedError] = {**found, **refused, **fresh}
        return [outcomes[key] for key in keys]

    async def _cached(self, keys: Sequence[bytes]) -> dict[bytes, ModelAnswer]:
        unique = list(dict.fromkeys(keys))
        values = await self._cache.get_many(unique)
        return {
            key: ModelAnswer(row=row, cached=True, queue_ms=0.0, infer_ms=0.0)
            for key, value in zip(unique, values, strict=True)
            if value is not None and (row := self._unpack(value, self._widths)) is not None
        }

    async def _submit(
        self, missing: Mapping[bytes, Raw]
    ) -> tuple[dict[bytes, asyncio.Future[ItemResult]], dict[bytes, RejectedError]]:
        """Return the pending answers and the inputs that can't be encoded, by key."""
        pending = {key: self._under_way[key] for key in missing if key in self._under_way}
        new_keys = [key for key in missing if key not in pending]
        refused: dict[bytes, RejectedError] = {}
        if not new_keys:
            return pending, refused
        loop = asyncio.get_running_loop()
        raws = [missing[key] for key in new_keys]
        items = await loop.run_in_executor(self._executor, self._recipe.encode, raws)
        for key, item in zip(new_keys, items, strict=True):
            if isinstance(item, RejectedError):
                refused[key] = item
            else:
                # Again, as others came while this one was encoded.
                pending[key] = self._under_way.get(key) or self._share(key, item)
        return pending, refused

    def _share(self, key: bytes, item: Item) -> asyncio.Future[ItemResult]:
        future = self._batcher.submit(item)
        self._under_way[key] = future
        future.add_done_callback(lambda _: self._under_way.pop(key, None))
        return future

    async def _keep(self, fresh: Mapping[bytes, ModelAnswer | RejectedError]) -> None:
        values = {
            key: _pack(outcome.row, self._widths)
            for key, outcome in fresh.items()
            if isinstance(outcome, ModelAnswer)
        }
        if values:
            await self._cache.put_many(values)


def _outcome(future: asyncio.Future[ItemResult]) -> ModelAnswer | RejectedError:
    try:
        answer = future.result()
    except RejectedError as refused:
        return refused
    return ModelAnswer(row=answer.row, cached=False, queue_ms=answer.queue_ms, infer_ms=answer.infer_ms)


def _pack(row: Row, widths: Mapping[str, int]) -> bytes:
    return b"".join(np.ascontiguousarray(row[name], dtype=np.float32).tobytes() for name in widths)


def _unpack(value: bytes, widths: Mapping[str, int]) -> Row | None:
    """Return the row in `value`; None when the size is wrong, which counts as a miss."""
    numbers = _numbers(value)
    if numbers.size != sum(widths.values()):
        return None
    ends = np.cumsum(list(widths.values()))[:-1]
    return dict(zip(widths, np.split(numbers, ends), strict=True))


def _unpack_words(value: bytes, widths: Mapping[str, int]) -> Row | None:
    """Return the row in `value`, one output with any number of pieces; None when the size is wrong."""
    ((name, width),) = widths.items()
    numbers = _numbers(value)
    return {name: numbers.reshape(-1, width)} if numbers.size and numbers.size % width == 0 else None


def _numbers(value: bytes) -> NDArray[np.float32]:
    """Return the float32 numbers in `value`; none when its size is no multiple of four."""
    return np.frombuffer(value if len(value) % 4 == 0 else b"", dtype=np.float32)
