"""A stream that answers each event with itself."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry

from shared.bus.kafka.bus import KafkaBus
from shared.bus.limits import StreamLimits
from shared.bus.metrics import StreamMetrics
from shared.bus.port import Outcome
from shared.bus.received import Received
from shared.bus.stream import Source, Stream
from shared.errors import RejectedError
from shared.reasons import Reason
from shared.settings import KafkaSettings
from tests.support.said import Said, said, said_on

REFUSED = "refuse me"


class Echo:
    """Answers each event with itself on another topic, and refuses those that say so."""

    def __init__(self, writes: str) -> None:
        self._writes = said_on(writes)

    async def handle(self, received: Sequence[Received[Said]]) -> Sequence[Outcome]:
        """Return one outcome for each event."""
        return [self._outcome(each.event) for each in received]

    def _outcome(self, event: Said) -> Outcome:
        if event.text == REFUSED:
            return RejectedError(Reason.WRONG_SHAPE, "it says so")
        return [said(event.text, speaker=event.speaker, on=self._writes)]


def echo_source(reads: str, *, group: str) -> Source:
    """Return the source of a stream of what is said on a topic."""
    return Source(reads=[said_on(reads)], group=group, publisher="tests")


def echoing(settings: KafkaSettings, group: str, *, reads: str, writes: str) -> Stream:
    """Return what a service runs, with a handler of the test's own."""
    metrics = StreamMetrics(CollectorRegistry())
    source = echo_source(reads, group=group)
    return Stream(KafkaBus(settings), source, Echo(writes), limits=StreamLimits(), metrics=metrics)
