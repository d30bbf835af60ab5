"""Faust's table as rows and a changelog: rows are read and written without Faust's current event."""

from collections.abc import Awaitable, Iterator
from typing import Any

import faust

_RECOVERY_BUFFER_RECORDS = 100


class FaustRows:
    """The rows of a Faust table, which Faust itself fills in a recovery; and its changelog.

    Faust's own assignment writes into the partition of the record that it delivers at the moment, and tells
    nobody when the write is acknowledged. A chunk has records of several partitions.
    """

    def __init__(self, app: faust.App, name: str, *, partitions: int) -> None:
        self.table: faust.Table[bytes, bytes] = faust.Table(
            app,
            name=name,
            key_type=bytes,
            value_type=bytes,
            partitions=partitions,
            recovery_buffer_size=_RECOVERY_BUFFER_RECORDS,
        )
        app.tables.add(self.table)

    @property
    def topic(self) -> str:
        """Return the name of the changelog topic."""
        return str(self.table.changelog_topic_name)

    def write(self, partition: int, key: bytes, value: bytes | None) -> Awaitable[Any]:
        """Begin to write a row; None deletes it. Return what ends with the acknowledgement."""
        written: Awaitable[Any] = self.table.send_changelog(
            partition, key, value, key_serializer="raw", value_serializer="raw"
        )
        return written

    def __getitem__(self, key: bytes, /) -> bytes:
        row: bytes = self.table.data[key]
        return row

    def __setitem__(self, key: bytes, value: bytes, /) -> None:
        self.table.data[key] = value

    def __delitem__(self, key: bytes, /) -> None:
        del self.table.data[key]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.table.data)

    def get(self, key: bytes, /) -> bytes | None:
        """Return a row; None where there is none."""
        return self.table.data.get(key)
