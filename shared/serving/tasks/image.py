"""Tasks of models that label an image."""

from collections.abc import Callable, Sequence

from shared.errors import RejectedError
from shared.events import DecisionRecord, ImageAnalyzed, ImageKind, ImageReceived
from shared.inference.batcher import Row
from shared.inference.decoder import Decoder
from shared.inference.image import Pixels
from shared.inference.inputs import image_inputs
from shared.inference.prediction import prediction
from shared.repository.bundle import ModelBundle
from shared.serving.task import Task

_BATCH_COUNT = 32
"""Images of a batch. Larger batches bring no speed on a CPU and delay the first photo."""


def encoder(bundle: ModelBundle) -> Callable[[Sequence[bytes]], Sequence[Pixels | RejectedError]]:
    """Return the decoder for this model's image size. Raises ConfigError for another kind of model."""
    decoder = Decoder(bundle.image_spec())
    return lambda files: [_decoded(file, decoder) for file in files]


def _decoded(file: bytes, decoder: Decoder) -> Pixels | RejectedError:
    try:
        return decoder.decode(file)
    except RejectedError as refused:
        return refused


def result(event: ImageReceived, row: Row, bundle: ModelBundle, decision: DecisionRecord) -> ImageAnalyzed:
    """Return the result event of an image; it leaves out the image itself."""
    return ImageAnalyzed(
        event_id=event.child_id(ImageAnalyzed),
        occurred_at=event.occurred_at,
        cause_id=event.event_id,
        case_id=event.case_id,
        kind=event.kind,
        label=prediction(row, bundle),
        decision=decision,
    )


def image_task(model: str, kind: ImageKind) -> Task[ImageReceived, bytes, Pixels]:
    """Return the task that asks `model` about images of one kind."""
    return Task(
        model=model,
        wanted=lambda event: event.kind is kind,
        raw=lambda event: event.content,
        canonical=lambda file: file,
        encoder=encoder,
        length=lambda _: 1,
        token_budget=_BATCH_COUNT,
        pad=image_inputs,
        result=result,
    )
