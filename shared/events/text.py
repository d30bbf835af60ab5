"""Text as it may arrive: not blank, and bounded."""

from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from shared.reasons import Reason

TEXT_MAX_CHARS = 20_000
"""A longer text is no message; the longest in the public sets that we train on has 13,704."""


def _bounded(text: str) -> str:
    if len(text) > TEXT_MAX_CHARS:
        raise PydanticCustomError(Reason.TEXT_TOO_LONG, f"longer than {TEXT_MAX_CHARS} characters")
    return text


def _present(text: str) -> str:
    if not text or text.isspace():
        raise PydanticCustomError(Reason.EMPTY_TEXT, "there is no text")
    return text


OptionalText = Annotated[str, AfterValidator(_bounded)]
Text = Annotated[str, AfterValidator(_present), AfterValidator(_bounded)]
