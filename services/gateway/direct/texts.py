"""Texts in a request."""

from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from shared.events.text import TEXT_MAX_CHARS

ITEMS_MAX_COUNT = 64
"""Texts or images of one call at most: the largest batch of a model."""

_One = Annotated[
    Any,
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": TEXT_MAX_CHARS,
            "pattern": r"\S",
            "description": "Not blank, at most 20,000 characters.",
        }
    ),
]
_Any = Annotated[Any, WithJsonSchema({"description": "A text; anything else gets a problem in its place."})]


class Texts(BaseModel):
    """One text, or up to 64."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"oneOf": [{"required": ["text"]}, {"required": ["texts"]}]}
    )

    text: _One = None
    texts: Annotated[list[_Any], Field(min_length=1, max_length=ITEMS_MAX_COUNT)] = Field(
        default_factory=list
    )

    @model_validator(mode="after")
    def _one_or_many(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("send either text or texts")
        return self

    @property
    def is_one(self) -> bool:
        """Return whether the caller sent one text, not a list."""
        return "text" in self.model_fields_set

    @property
    def all(self) -> Sequence[Any]:
        """Return the texts."""
        return [self.text] if self.is_one else self.texts
