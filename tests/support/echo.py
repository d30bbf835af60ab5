"""A stream that answers each record with itself."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry

from shared.bus.kafka.bus import KafkaBus
from shared.bus.limits import StreamLimits
from shared.bus.metrics import StreamMetrics
from shared.bus.port import Outcome
from shared.bus.record import Outgoing, Record
from shared.bus.stream import Source, Stream
from shared.errors import RejectedError
from shared.reasons import Reason
from shared.settings import KafkaSettings

REFUSED = b"refuse me"


class Echo:
    """Answers each record with itself, and refuses those that say so."""

    def __init__(self, writes: str) -> None:
        self._writes = writes

    async def handle(self, records: Sequence[Record]) -> Sequence[Outcome]:
        """Return one outcome a record."""
        return [
            RejectedError(Reason.NOT_JSON, "it says so")
            if record.value == REFUSED
            else [Outgoing(self._writes, record.key, record.value)]
            for record in records
        ]


def echoing(settings: KafkaSettings, group: str, *, reads: str, writes: str) -> Stream:
    """Return what a service runs, with a handler of the test's own."""
    source = Source(topics=[reads], group=group)
    metrics = StreamMetrics(CollectorRegistry())
    return Stream(KafkaBus(settings), source, Echo(writes), limits=StreamLimits(), metrics=metrics)
