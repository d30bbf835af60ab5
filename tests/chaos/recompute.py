"""Expected outcome of each message, computed without Kafka, Triton, Redis or a worker."""

from pathlib import Path

from shared.bus.record import Record
from shared.errors import RejectedError
from shared.events import CustomerMessageAnalyzed, CustomerMessageReceived
from shared.events.codec import decode
from shared.events.headers import trace_id, trace_of
from shared.inference.encoders import text_encoder
from shared.inference.prediction import prediction
from shared.repository.bundle import load_bundle
from shared.serving.tasks import support_intent
from tests.chaos.ledger import Recompute, Told, Wanted
from tests.chaos.versions import bundles_of, logits_of


def recompute_with(models: Path) -> Recompute:
    """Return what tells the right answer of each version to a message that the identity model judges."""
    encoder = text_encoder(load_bundle(models, support_intent.TASK.model))
    versions = bundles_of(models)

    def recompute(record: Record) -> Wanted | None:
        try:
            event = decode(
                CustomerMessageReceived, key=record.key, value=record.value, headers=record.headers
            )
        except RejectedError:
            return None
        [ids] = encoder.encode_batch([event.text])
        said = {
            version: prediction({"logits": logits_of(ids, version)}, bundle).model_dump_json()
            for version, bundle in versions.items()
        }
        answers = {version: _answer(event.text, each) for version, each in said.items()}
        return Wanted(cause=event.event_id, answers=answers)

    return recompute


def told(record: Record) -> Told:
    """Return what a result says. Raises pydantic's ValidationError when it is none."""
    event = CustomerMessageAnalyzed.from_json(record.value or b"")
    said = event.intent.model_dump_json() if event.intent else ""
    return Told(
        cause=event.cause_id,
        key=record.key,
        answer=_answer(event.text, said),
        version=event.decision.model_version,
        trace_id=event.decision.trace_id,
        at_ms=record.timestamp_ms,
    )


def trace_of_input(record: Record) -> str:
    """Return the trace that the result of an input must carry on; empty where it names none."""
    named = any(name == "traceparent" for name, _ in record.headers)
    return trace_id(trace_of(record.headers)) if named else ""


def _answer(text: str, said: str) -> str:
    return f"{said} to {text}"
