"""Parser of fetched batches that passes a record on where aiokafka's own raises.

aiokafka raises in the middle of a fetch when a header name is not UTF-8 or a batch has a wrong structure: the
records of other partitions that came with it are lost to the caller, and each new client meets the same batch
again. Here such a record is returned with a flaw: the reason for which it can't be handled. A batch with a
wrong checksum still raises, as another fetch may bring it whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy

from shared.errors import RejectedError
from shared.events.headers import Headers
from shared.reasons import Reason


def use_tolerant_parser() -> None:
    """Make each consumer of this process, Faust's too, return such records. Calling it again changes nothing.

    aiokafka has no setting for its parser; the fetcher looks it up by this name at each answer of a broker.
    """
    fetcher.MemoryRecords = TolerantRecords


def flaw_of(message: Any) -> RejectedError | None:
    """Return why a message of aiokafka can't be handled; None for a whole one.

    A flaw travels in the message's checksum, which is otherwise empty since Kafka 0.11.
    """
    return message.checksum if isinstance(message.checksum, RejectedError) else None


class TolerantRecords(_MemoryRecordsPy):  # type: ignore[misc]
    """The batches of one partition in one answer of a broker."""

    def next_batch(self) -> Any:
        """Return the next batch; None where there is none."""
        raw = self._next_slice
        batch = super().next_batch()
        is_parsed_here = isinstance(batch, DefaultRecordBatch) and not batch.is_control_batch
        return _TolerantBatch(batch, raw) if is_parsed_here else batch


class _TolerantBatch:
    """A batch of messages, with the attributes that aiokafka's fetcher reads."""

    is_control_batch = False

    def __init__(self, batch: Any, raw: memoryview) -> None:
        self.base_offset: int = batch.base_offset
        self.next_offset: int = batch.next_offset
        self.producer_id: int = batch.producer_id
        self.is_transactional: bool = batch.is_transactional
        self._batch = batch
        self._raw = raw

    def validate_crc(self) -> bool:
        return bool(self._batch.validate_crc())

    def __iter__(self) -> Iterator[Any]:
        next_offset = self.base_offset
        try:
            for record in self._batch:
                yield record
                next_offset = record.offset + 1
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - UnicodeDecodeError, zlib.error, a wrong length: all come from the bytes
            yield from self._parsed_leniently(next_offset)

    def _parsed_leniently(self, next_offset: int) -> Iterator[Any]:
        """Yield the records from `next_offset` on; then one that holds the batch, if it has no structure."""
        try:
            for record in _lenient(self._raw):
                if record.offset >= next_offset:
                    yield record
                    next_offset = record.offset + 1
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            yield self._unparsable(next_offset, error)

    def _unparsable(self, offset: int, error: Exception) -> "_FlawedRecord":
        why = f"offsets {offset} to {self.next_offset - 1} have no structure that can be parsed: {error!r}"
        flaw = RejectedError(Reason.RECORD_UNPARSABLE, why)
        return _FlawedRecord(
            offset, self._batch.first_timestamp, self._batch.timestamp_type, None, bytes(self._raw), (), flaw
        )


@dataclass(frozen=True, slots=True)
class _FlawedRecord:
    """A record with the attributes that aiokafka's fetcher reads."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    checksum: RejectedError


def _lenient(raw: memoryview) -> Iterator[Any]:
    """Yield the records of a batch by aiokafka's parser in Python, which is ten times slower."""
    batch = _DefaultRecordBatchPy(raw)
    iter(batch)  # uncompresses it
    batch._buffer = _LenientBytes(batch._buffer)
    for record in batch:
        bad_names = [name for name, _ in record.headers if not _is_utf8(name)]
        yield _with_escapes(record, bad_names) if bad_names else record


class _LenientBytes(bytearray):
    """Bytes whose slices decode to text whatever they hold: a byte that is not UTF-8 becomes a surrogate."""

    def __getitem__(self, index: Any) -> Any:
        part: Any = super().__getitem__(index)
        return _LenientBytes(part) if isinstance(index, slice) else part

    def decode(self, encoding: str = "utf-8", errors: str = "surrogateescape") -> str:
        return super().decode(encoding, errors)


def _is_utf8(name: str) -> bool:
    return not any("\udc80" <= character <= "\udcff" for character in name)


def _with_escapes(record: Any, bad_names: list[str]) -> _FlawedRecord:
    r"""Return the record with `\xe9` in header names for a byte e9, so that they can be written again."""
    listed = ", ".join(name.encode(errors="surrogateescape").hex(" ") for name in bad_names)
    return _FlawedRecord(
        record.offset,
        record.timestamp,
        record.timestamp_type,
        record.key,
        record.value,
        tuple((_escaped(name), value) for name, value in record.headers),
        RejectedError(Reason.HEADER_NOT_UTF8, f"a header name is not UTF-8: {listed}"),
    )


def _escaped(name: str) -> str:
    return name.encode(errors="surrogateescape").decode(errors="backslashreplace")
