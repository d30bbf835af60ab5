"""Images: as received, and as a model recognised them."""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AfterValidator, Base64Bytes, Field
from pydantic_core import PydanticCustomError

from shared.events.decision import DecisionRecord, Prediction
from shared.events.envelope import Event
from shared.reasons import Reason

IMAGE_MAX_BYTES = 512 * 1024
"""Bound of one image's file, decoded from base64: with it a record stays under Kafka's 1 MB."""


def _within_bound(content: bytes) -> bytes:
    if len(content) > IMAGE_MAX_BYTES:
        raise PydanticCustomError(Reason.IMAGE_TOO_LARGE, f"larger than {IMAGE_MAX_BYTES} bytes")
    return content


class ImageKind(StrEnum):
    """What the sender says that the image shows; it picks the model."""

    DIGIT = "digit"
    DISH = "dish"


class ImageReceived(Event):
    """Someone sent an image. Kafka key: `case_id`. `content` is the file itself, base64 in JSON."""

    name: ClassVar[str] = "image.received.v1"
    key_field: ClassVar[str] = "case_id"
    key_required: ClassVar[bool] = False

    case_id: Annotated[str, Field(min_length=1, max_length=200)]
    kind: ImageKind
    """What the sender says that it shows; it picks the model."""

    content: Annotated[Base64Bytes, AfterValidator(_within_bound)]
    """JPEG, PNG, GIF or WebP, at most 512 KiB before base64 and 25 megapixels."""


class ImageAnalyzed(Event):
    """A model recognised an image. Kafka key: `case_id`."""

    name: ClassVar[str] = "image.analyzed.v1"
    key_field: ClassVar[str] = "case_id"

    cause_id: UUID
    """The received image's `event_id`."""

    case_id: str
    kind: ImageKind
    label: Prediction
    decision: DecisionRecord
