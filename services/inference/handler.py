"""Input events -> models -> analyzed events, one result for each input."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.bus.port import Outcome
from shared.bus.received import Received
from shared.errors import RejectedError
from shared.events import Event
from shared.serving.asker import Asker, Question, result_of
from shared.serving.predictor import Predictor
from shared.serving.streams import StreamTasks


class InferenceHandler:
    """Sends each event to its models and returns their results. Knows no broker and no server."""

    def __init__(self, stream: StreamTasks, predictors: Mapping[str, Predictor[Any, Any]]) -> None:
        self._asker = Asker(stream, predictors)

    async def handle(self, received: Sequence[Received[Event]]) -> list[Outcome]:
        """Return one analyzed event, or one refusal, for each event."""
        answers = await self._asker.ask([Question(each.event, each.trace.id) for each in received])
        return [
            said if isinstance(said, RejectedError) else [result_of(each.event, said)]
            for each, said in zip(received, answers, strict=True)
        ]
