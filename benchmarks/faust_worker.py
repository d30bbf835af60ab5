"""`python -m benchmarks.faust_worker`: a Faust agent that answers one message after the other.

The work per message is that of the identity worker (parse, tokenise, ask Triton, publish), without batches.
"""

import tempfile
from collections.abc import AsyncIterator
from typing import Any

import faust

from benchmarks.identity_tasks import identity_tasks
from services.inference.settings import Settings
from shared.events import CustomerMessageReceived, DecisionRecord
from shared.events.codec import decode
from shared.events.headers import new_trace, trace_id
from shared.inference.triton import TritonRunner
from shared.repository.bundle import load_bundle

WRITES = "benchmark.faust_answered.v1"


class OneByOne:
    """Asks the identity model about one message. Build it inside the running loop."""

    def __init__(self, settings: Settings) -> None:
        self._task = identity_tasks(settings.models_dir).all[0]
        self._bundle = load_bundle(settings.models_dir, self._task.model)
        self._encode = self._task.encoder(self._bundle)
        self._runner = TritonRunner(settings.triton.address)

    async def answer(self, key: bytes, value: bytes) -> bytes:
        """Return the analyzed event as JSON."""
        event = decode(CustomerMessageReceived, key=key, value=value, headers=())
        inputs = self._task.pad(self._encode([event.text]))
        said = await self._runner.infer(self._bundle.model, self._bundle.version, inputs, ["logits"])
        decision = DecisionRecord(
            model=self._bundle.model,
            model_version=self._bundle.version,
            preprocessing_hash=self._bundle.preprocessing_hash,
            cached=False,
            queue_ms=0.0,
            infer_ms=0.0,
            total_ms=0.0,
            trace_id=trace_id(new_trace()),
        )
        row = {name: rows[0] for name, rows in said.items()}
        return self._task.result(event, row, self._bundle, decision).to_json()


def one_by_one_app(settings: Settings, folder: str) -> faust.App:
    """Return the Faust app, not started; its files are in `folder`."""
    app = faust.App(
        "benchmark-faust",
        broker=f"kafka://{settings.kafka.bootstrap}",
        store="memory://",
        datadir=folder,
        web_enabled=False,
        broker_session_timeout=10,
        consumer_auto_offset_reset="earliest",
        topic_partitions=4,
    )
    raw: dict[str, Any] = dict.fromkeys(("key_type", "value_type"), bytes)
    raw |= dict.fromkeys(("key_serializer", "value_serializer"), "raw")
    sink = app.topic(WRITES, **raw)

    @app.agent(app.topic(CustomerMessageReceived.name, **raw))
    async def answer(stream: Any) -> AsyncIterator[None]:
        one_by_one = OneByOne(settings)
        async for event in stream.events():
            await sink.send(key=event.key, value=await one_by_one.answer(event.key, event.value))
            yield

    return app


def main(settings: Settings) -> None:
    """Run until SIGTERM."""
    with tempfile.TemporaryDirectory() as folder:
        worker = faust.Worker(
            one_by_one_app(settings, folder), override_logging=False, redirect_stdouts=False
        )
        worker.execute_from_commandline()


if __name__ == "__main__":
    main(Settings.from_environment())
