"""Side-by-side measurement of model files: one engine, one thread, the same texts, alternating rounds."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.rows.examples import Examples
from training.scoring.evaluate import logits_of, percent, session_of
from training.studies.variants import Variant

_BATCH = 32
_TOGETHER_ROWS, _ALONE_ROWS = 1024, 200
_ROUNDS = 5
_SEED = 7

Ids = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Size, speed, memory and accuracy of one file."""

    name: str
    accuracy: float
    agreement: float
    """Percent of the rows with the label of the first file."""

    size_bytes: int
    rows_per_s: float
    alone_ms: float
    peak_bytes: int
    """Peak of a process that loads the file and answers the same batches, the engine included."""


def measured(variants: Sequence[Variant]) -> list[Measured]:
    """Return the figures of each file. Takes a minute or two.

    Seconds are CPU time of the computing thread, so other programs count less. They are medians of five
    rounds, in each of which every file has its turn.
    """
    said = [logits_of(variant.path, variant.test)["logits"].argmax(1) for variant in variants]
    racers = [_Racer(variant) for variant in variants]
    rounds = [[(racer.together_s(), racer.alone_s()) for racer in racers] for _ in range(_ROUNDS)]
    medians = np.median(np.array(rounds), axis=0)
    return [
        Measured(
            name=variant.name,
            accuracy=percent(float((labels == variant.test.targets["logits"]).mean())),
            agreement=percent(float((labels == said[0]).mean())),
            size_bytes=variant.path.stat().st_size,
            rows_per_s=round(racer.row_count / together_s, 1),
            alone_ms=round(1000.0 * alone_s, 2),
            peak_bytes=peak_bytes(variant.path, racer.batches),
        )
        for variant, labels, racer, (together_s, alone_s) in zip(
            variants, said, racers, medians.tolist(), strict=True
        )
    ]


class _Racer:
    """One file, loaded and ready to answer."""

    def __init__(self, variant: Variant) -> None:
        rows = variant.test.some(_TOGETHER_ROWS, _SEED)
        self.row_count = len(rows)
        self.batches = _arrays(rows, _BATCH, np.argsort(rows.lengths(), kind="stable"))
        self._singles = _arrays(rows, 1, np.arange(min(_ALONE_ROWS, len(rows))))
        self._session = session_of(variant.path, threads=1)
        self._seconds(self.batches[-1])  # the first call reserves the memory

    def together_s(self) -> float:
        """Return the time of all rows in batches of similar length."""
        return sum(map(self._seconds, self.batches))

    def alone_s(self) -> float:
        """Return the median time of one row."""
        return float(np.median([self._seconds(row) for row in self._singles]))

    def _seconds(self, ids: Ids) -> float:
        started_s = time.thread_time()
        self._session.run(None, {"input_ids": ids})
        return time.thread_time() - started_s


def _arrays(rows: Examples, size: int, order: NDArray[np.int64]) -> list[Ids]:
    return [np.asarray(batch.input_array(), dtype=np.int32) for batch in rows.batches(size, order=order)]


def peak_bytes(model: Path, batches: Sequence[Ids]) -> int:
    """Return the peak memory of a separate process that answered `batches`."""
    command = [sys.executable, "-m", "training.studies.peak", str(model)]
    texts = json.dumps([batch.tolist() for batch in batches])
    run = subprocess.run(command, input=texts, check=True, capture_output=True, text=True)
    return int(run.stdout)
