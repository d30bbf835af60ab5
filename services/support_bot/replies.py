"""Table of answers: one entry per label, read from `replies.toml`, which the support team owns."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import ConfigError
from shared.events import Lane, Priority


class Answer(BaseModel):
    """Answer to messages of one label, once the model is sure of the label."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    queue: Annotated[str, Field(min_length=1)]
    lane: Lane = Lane.AUTO
    priority: Priority = Priority.NORMAL
    reply: Annotated[str, Field(min_length=1, max_length=400)]

    @property
    def urgent(self) -> bool:
        """Return whether a human must see it at once, however sure the model is."""
        return self.priority is Priority.URGENT


Answers = Mapping[str, Answer]
"""Answers by label: the intents of chat and email, the sentiments of reviews."""


def load_answers(path: Path | None = None) -> Answers:
    """Return the answers of a file, by default the `replies.toml` of this package.

    Raises ConfigError when it can't be read, or naming what is wrong in it.
    """
    source = path or files("services.support_bot").joinpath("replies.toml")
    try:
        return read_answers(source.read_text("utf-8"), source.name)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{source} can't be read: {error}; set TIDEMILL__REPLIES_FILE") from error


def read_answers(text: str, name: str = "replies.toml") -> Answers:
    """Return the answers in a TOML text of tables `[queue.label]`; errors call it `name`.

    Raises ConfigError for anything else, and for a label that stands in two queues.
    """
    try:
        queues = tomllib.loads(text)
        answers: dict[str, Answer] = {}
        for queue, labels in queues.items():
            for label, entry in labels.items():
                if label in answers:
                    raise ConfigError(f"{name}: {label} stands in {answers[label].queue} and {queue}")
                answers[label] = Answer.model_validate({"queue": queue, **entry})
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ConfigError(f"{name}: {' '.join(str(error).split())}") from None
    return answers
