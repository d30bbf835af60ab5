"""A stream whose model costs nothing: what is left is Kafka, our code and one trip to Triton and back."""

import dataclasses
from pathlib import Path

from services.inference.streams import StreamPlan
from shared.events import CustomerMessageReceived
from shared.inference.encoders import text_encoder
from shared.repository.bundle import load_bundle
from shared.serving.tasks.support_intent import SUPPORT_INTENT

MODEL = "identity"


def identity_plan(models: Path) -> StreamPlan[CustomerMessageReceived]:
    """Return the message stream with the identity model instead of BERT, tokenised as for BERT."""
    real = load_bundle(models, SUPPORT_INTENT.model)
    task = dataclasses.replace(
        SUPPORT_INTENT, model=MODEL, vectors=(), encoder=lambda _: text_encoder(real).encode_batch
    )
    return StreamPlan(reads=CustomerMessageReceived, tasks=(task,), pick=lambda _: task)
