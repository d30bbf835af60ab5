"""Compression level of the batches that aiokafka writes with gzip."""

import gzip
from importlib import import_module
from typing import Any

from aiokafka.record.default_records import DefaultRecordBatchBuilder

GZIP_LEVEL = 1
"""Of typical results in batches of 64, level 1 takes 9 us and leaves 318 bytes a record, aiokafka's level 9
takes 30 us and leaves 282; uncompressed they have 1,153."""


def use_fast_gzip() -> None:
    """Make each producer of this process, Faust's too, write gzip at level 1. A second call changes nothing.

    aiokafka has no setting for the level; its builder of batches looks the function up by this name.
    """
    builder: Any = import_module(DefaultRecordBatchBuilder.__module__)  # the one in C, or the one in Python
    builder.gzip_encode = _gzip_encode


def _gzip_encode(payload: bytes) -> bytes:
    return gzip.compress(payload, GZIP_LEVEL, mtime=0)
