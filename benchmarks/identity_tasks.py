"""Stream of the identity model: what remains is Kafka, our code and one round trip to Triton."""

import dataclasses
from pathlib import Path

from shared.events import CustomerMessageReceived
from shared.inference.encoders import text_encoder
from shared.repository.bundle import load_bundle
from shared.serving.streams import StreamTasks
from shared.serving.task import always
from shared.serving.tasks import support_intent

MODEL = "identity"


def identity_tasks(models: Path) -> StreamTasks:
    """Return the tasks of the message stream with the identity model, tokenised as for BERT."""
    real = load_bundle(models, support_intent.TASK.model)
    task = dataclasses.replace(
        support_intent.TASK,
        model=MODEL,
        wanted=always,
        vectors=(),
        encoder=lambda _: text_encoder(real).encode_batch,
    )
    return StreamTasks(CustomerMessageReceived, (task,))
