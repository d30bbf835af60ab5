"""Start of each partition: behind the table's last record, if that position still fits the log."""

from collections.abc import Mapping

from shared.bus.kafka.inspector import KafkaInspector
from shared.bus.kafka.logs import logs_at
from shared.bus.port import LostRecordsError
from shared.bus.positions import Log, Position, Verdict, verdict
from shared.bus.record import Partition
from shared.settings import KafkaSettings

UNREAD = Position(0)


async def starts(
    kafka: KafkaSettings, read: Mapping[Partition, Position], *, group: str, changelog: str
) -> dict[Partition, int]:
    """Return the offset to go on at in each partition; `read` is the table's position, `UNREAD` without one.

    Raises LostRecordsError as `start_of` does, RetryableError when the broker doesn't answer.
    """
    if not read:
        return {}
    logs = await logs_at(kafka, read)
    committed = await KafkaInspector(kafka).committed(group, read)
    return {
        partition: start_of(
            partition, position, logs[partition], committed.get(partition), group=group, changelog=changelog
        )
        for partition, position in read.items()
    }


def start_of(  # noqa: PLR0913 - each is one fact of the decision
    partition: Partition,
    read: Position,
    log: Log,
    committed: Position | None,
    *,
    group: str,
    changelog: str,
) -> int:
    """Return the offset to go on at: behind the table's last record, or at the log's begin.

    Raises LostRecordsError when records were deleted unread, unless the group has committed that it goes on
    behind them; and when the table or the group is of another log: one truncated, restored or made again.
    """
    other_log = (Verdict.BEYOND_END, Verdict.REPLACED)
    if (found := verdict(read, log)) in other_log:
        raise _another_log(partition, read, log, changelog=changelog)
    if committed is not None and verdict(committed, log) in other_log:
        raise _lost(partition, committed, log, group=group)
    if found is Verdict.INSIDE:
        return read.next_offset
    reached = max(read.next_offset, committed.next_offset if committed else 0)
    if 0 < reached < log.begin:
        raise _lost(partition, Position(reached), log, group=group)
    return log.begin


def _lost(partition: Partition, position: Position, log: Log, *, group: str) -> LostRecordsError:
    error = LostRecordsError.of(partition, position, log, group=group)
    return error or LostRecordsError(f"{partition.topic} {partition.number}: {position} doesn't fit {log}")


def _another_log(partition: Partition, read: Position, log: Log, *, changelog: str) -> LostRecordsError:
    topic, number = partition
    last = read.next_offset - 1
    what = f"the log ends at {log.end}" if last >= log.end else "another record is there now"
    return LostRecordsError(
        f"{topic} {number}: the table {changelog} has applied the record at offset {last}, but {what}: the "
        f"topic was truncated, restored from a copy, or made again. Restore it, or stop all processes of the "
        f"service, delete {changelog} to build the states anew, and run `tidemill lag --skip-lost`"
    )
