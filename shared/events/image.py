"""Image events: an image as received, and the label that a model gave it."""

import base64
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AfterValidator, Base64Encoder, EncodedBytes, Field
from pydantic_core import PydanticCustomError

from shared.events.decision import DecisionRecord, Prediction
from shared.events.envelope import Event
from shared.reasons import Reason

IMAGE_MAX_BYTES = 512 * 1024
"""Bound of one image's file, decoded from base64: with it a record stays under Kafka's 1 MB."""


class _StrictBase64(Base64Encoder):
    """Base64 of which only line breaks are ignored.

    pydantic's own decoder drops every foreign character: an image whose `+` a form turned into a blank, or
    whose alphabet is that of URLs, would decode to other bytes and be judged as another image.
    """

    @classmethod
    def decode(cls, data: bytes) -> bytes:
        """Return the decoded bytes."""
        try:
            return base64.b64decode(data.translate(None, b"\r\n"), validate=True)
        except ValueError:
            raise PydanticCustomError(
                Reason.IMAGE_NOT_BASE64,
                "no base64 of the standard alphabet (+ and /), padded, without blanks",
            ) from None


def _within_bound(content: bytes) -> bytes:
    if len(content) > IMAGE_MAX_BYTES:
        raise PydanticCustomError(Reason.IMAGE_TOO_LARGE, f"larger than {IMAGE_MAX_BYTES} bytes")
    return content


class ImageKind(StrEnum):
    """Content of the image as the sender names it; it selects the model."""

    DIGIT = "digit"
    DISH = "dish"


class ImageReceived(Event):
    """Someone sent an image. Kafka key: `case_id`. `content` is the file itself, base64 in JSON."""

    name: ClassVar[str] = "image.received.v1"
    key_field: ClassVar[str] = "case_id"
    key_required: ClassVar[bool] = False

    case_id: Annotated[str, Field(min_length=1, max_length=200)]
    kind: ImageKind
    """Content of the image as the sender names it; it selects the model."""

    content: Annotated[bytes, EncodedBytes(encoder=_StrictBase64), AfterValidator(_within_bound)]
    """JPEG, PNG, GIF or WebP, at most 512 KiB before base64 and 25 megapixels.

    Base64 of RFC 4648, section 4: the alphabet with + and /, padded; line breaks are ignored.
    """


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
