"""`python -m benchmarks.textbook`: the loop of tutorials, as a reference.

getone, parse, tokenise, one call padded to 128 tokens, send and wait.
"""

import asyncio
import json

import numpy as np
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from tritonclient.grpc.aio import InferenceServerClient, InferInput

from services.inference.settings import Settings
from shared.events import CustomerMessageReceived
from shared.inference.encoders import text_encoder
from shared.inference.text import pad
from shared.repository.bundle import load_bundle

MODEL = "support_intent"
WRITES = "benchmark.textbook_answered.v1"
PADDED_TO = 128


class TextbookLoop:
    """Handles one message after the other."""

    def __init__(self, triton: InferenceServerClient, settings: Settings) -> None:
        bundle = load_bundle(settings.models_dir, MODEL)
        self._triton = triton
        self._encoder = text_encoder(bundle)
        self._labels = bundle.outputs["logits"].labels

    async def answer(self, value: bytes) -> bytes:
        """Return the label of a message as JSON."""
        event = json.loads(value)
        ids = pad(self._encoder.encode_batch([event["text"]]), PADDED_TO)
        asked = InferInput("input_ids", ids.shape, "INT32")
        asked.set_data_from_numpy(ids)
        said = await self._triton.infer(MODEL, [asked])
        label = self._labels[int(np.argmax(said.as_numpy("logits")[0]))]
        return json.dumps({"cause_id": event["event_id"], "label": label}).encode()


async def main(settings: Settings) -> None:
    """Run until cancelled."""
    bootstrap = settings.kafka.bootstrap
    consumer = AIOKafkaConsumer(
        CustomerMessageReceived.name,
        bootstrap_servers=bootstrap,
        group_id="benchmark-textbook",
        auto_offset_reset="earliest",
    )
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    async with consumer, producer, InferenceServerClient(settings.triton.address) as triton:
        loop = TextbookLoop(triton, settings)
        while True:
            message = await consumer.getone()
            await producer.send_and_wait(WRITES, await loop.answer(message.value), key=message.key)


if __name__ == "__main__":
    asyncio.run(main(Settings.from_environment()))
