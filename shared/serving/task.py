"""Task: how a model serves one kind of event."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shared.errors import RejectedError
from shared.events import DecisionRecord, Event
from shared.inference.batcher import Row
from shared.inference.port import Arrays
from shared.inference.prototypes import IntentsFile
from shared.repository.bundle import ModelBundle

In = TypeVar("In", bound=Event)
Raw = TypeVar("Raw")
Item = TypeVar("Item")


Result = Callable[[Any, Row, ModelBundle, DecisionRecord], Event]
"""Returns the result event, made from the event that was read and the model's answer.

A further task of the same event gets the result of the first one instead, and adds to it.
"""


def always(_: Event) -> bool:
    """Return True: the model is asked about every event."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task(Generic[In, Raw, Item]):
    """How one model serves one kind of event: input, encoder, batches, and the reading of its outputs."""

    model: str
    """Name of the model's folder in the model repository."""

    wanted: Callable[[In], bool] = always
    """Returns whether the model is asked about an event of its stream."""

    raw: Callable[[In], Raw]
    """Returns the model's input, taken from the event."""

    canonical: Callable[[Raw], bytes]
    """Returns equal bytes for inputs that give the model equal items."""

    encoder: Callable[[ModelBundle], Callable[[Sequence[Raw]], Sequence[Item | RejectedError]]]
    """Returns the function that encodes a chunk. It is built once and runs in a thread of its own."""

    length: Callable[[Item], int]
    """Returns the cost of an item: the tokens of a text, 1 for an image."""

    token_budget: int
    """Most that the item count of a batch times its longest length may be."""

    pad: Callable[[Sequence[Item]], Arrays]
    """Returns the model's input for a batch."""

    result: Result

    with_intents: Callable[[IntentsFile], Result] | None = None
    """Returns `result` extended by the added intents of a file; None when the task has none."""

    vectors: tuple[str, ...] = ()
    """Outputs that are asked for beside the logits."""

    out_of_scope: Callable[[Row, ModelBundle], float | None] = lambda _row, _bundle: None
    """Returns how foreign the input is to the model, 0 to 1; None when that was not measured."""
