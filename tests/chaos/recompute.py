"""What must come of each message, worked out without Kafka, Triton, Redis or any worker."""

from pathlib import Path

import numpy as np

from benchmarks.identity_plan import MODEL
from services.inference.tasks.support_intent import SUPPORT_INTENT
from shared.bus.record import Record
from shared.errors import RejectedError
from shared.events import CustomerMessageAnalyzed, CustomerMessageReceived
from shared.events.headers import trace_id, trace_of
from shared.events.parse import parse
from shared.inference.bundle import load_bundle
from shared.inference.prediction import prediction
from tests.chaos.ledger import Recompute, Told, Wanted

_FACTORS = np.array([1.0, 2.0, 3.0, 4.0], dtype=np.float32)


def recompute_with(models: Path) -> Recompute:
    """Return what tells the right answer to a message that the identity model judges."""
    encoder = load_bundle(models, SUPPORT_INTENT.model).text_encoder()
    identity = load_bundle(models, MODEL)

    def recompute(record: Record) -> Wanted | None:
        try:
            event = parse(CustomerMessageReceived, key=record.key, value=record.value, headers=record.headers)
        except RejectedError:
            return None
        [ids] = encoder.encode_batch([event.text])
        logits = np.float32(ids.astype(np.float32).sum() / np.float32(1000.0)) * _FACTORS
        said = prediction({"logits": logits}, identity)
        return Wanted(cause=event.event_id, answer=_answer(event.text, said.model_dump_json()))

    return recompute


def told(record: Record) -> Told:
    """Return what a result says. Raises pydantic's ValidationError when it is none."""
    event = CustomerMessageAnalyzed.from_json(record.value or b"")
    said = event.intent.model_dump_json() if event.intent else ""
    return Told(
        cause=event.cause_id,
        key=record.key,
        answer=_answer(event.text, said),
        trace_id=event.decision.trace_id,
        at_ms=record.timestamp_ms,
    )


def trace_of_input(record: Record) -> str:
    """Return the trace that the result of an input must carry on; empty where it names none."""
    named = any(name == "traceparent" for name, _ in record.headers)
    return trace_id(trace_of(record.headers)) if named else ""


def _answer(text: str, said: str) -> str:
    return f"{said} to {text}"
