"""How a model serves one kind of event."""

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
"""Returns the event with a model's answer, from the event that was read.

Of a task that is asked beside another: from the other's result, with its own answer added.
"""


def always(_: Event) -> bool:
    """Return True: the model is asked about every event."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task(Generic[In, Raw, Item]):
    """How one model serves one kind of event."""

    model: str
    """Name of its folder in the model repository."""

    wanted: Callable[[In], bool] = always
    """Returns whether the model is asked about an event of its stream."""

    raw: Callable[[In], Raw]
    """Returns what the model is to judge."""

    canonical: Callable[[Raw], bytes]
    """Returns equal bytes for inputs that the model can't tell apart."""

    encoder: Callable[[ModelBundle], Callable[[Sequence[Raw]], Sequence[Item | RejectedError]]]
    """Returns the function that encodes a chunk; built once, used in a thread of its own."""

    length: Callable[[Item], int]
    """Returns what an item costs the model: tokens of a text, 1 for an image."""

    token_budget: int
    """Most that items times longest length of a batch may be."""

    pad: Callable[[Sequence[Item]], Arrays]
    """Returns the model's input for a batch."""

    result: Result

    with_intents: Callable[[IntentsFile], Result] | None = None
    """Returns `result` for a process with a file of added intents; None where it takes none."""

    vectors: tuple[str, ...] = ()
    """Outputs that are asked for beside the logits."""

    out_of_scope: Callable[[Row, ModelBundle], float | None] = lambda _row, _bundle: None
    """Returns how foreign the input is to the model, 0 to 1; None where that was not measured."""
