"""Decodes hostile image files where they can do no harm: in a child process with limits."""

import json
import os
import select
import subprocess
import sys
import time
import weakref
from dataclasses import asdict
from typing import IO

import numpy as np

from shared.errors import RejectedError
from shared.inference.image import ImageSpec, Pixels

ANSWER_WITHIN_S = 10.0
_PIPE_BYTES = 1024 * 1024
"""Whole files and whole pictures fit: each further turn of the two processes costs up to a millisecond."""

_KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(128 * 1024**2), "MALLOC_MMAP_THRESHOLD_": str(32 * 1024**2)}
"""Else the child gives its memory back after each picture and is given it anew: 1 ms of 3.2 a photo."""

_ATTEMPTS = 2
"""A child may die for reasons of its own; one photo on which two died is to blame."""


class Decoder:
    """One long-lived child, started with the first image and again when it dies. For one thread at a time."""

    def __init__(self, spec: ImageSpec, *, answer_within_s: float = ANSWER_WITHIN_S) -> None:
        self._spec = spec
        self._answer_within_s = answer_within_s
        self._child: subprocess.Popen[bytes] | None = None
        self._end: weakref.finalize[[subprocess.Popen[bytes]], Decoder] | None = None

    def decode(self, content: bytes) -> Pixels:
        """Return what `decode_image` returns.

        Raises RejectedError as that does, and with `image_undecodable` when the child crashes or hangs on it.
        """
        for _ in range(_ATTEMPTS):
            try:
                good, answer = self._ask(content)
            except (OSError, EOFError):
                self.close()
                continue
            if good:
                return np.frombuffer(answer, dtype=np.uint8).reshape(self._spec.shape)
            raise RejectedError(*json.loads(answer))
        raise RejectedError("image_undecodable", "the decoder crashed or hung on it")

    @property
    def pid(self) -> int | None:
        """The child's process id; None before the first image, and after a death."""
        return self._child.pid if self._child is not None else None

    def close(self) -> None:
        """End the child; the next image starts another."""
        if self._end is not None:
            self._end()
        self._child = self._end = None

    def _ask(self, content: bytes) -> tuple[bool, bytes]:
        to_child, from_child = self._pipes()
        to_child.write(len(content).to_bytes(4) + content)
        to_child.flush()
        deadline_s = time.monotonic() + self._answer_within_s
        head = _read(from_child.fileno(), 5, deadline_s)
        return bool(head[0]), _read(from_child.fileno(), int.from_bytes(head[1:]), deadline_s)

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._child is None:
            command = [sys.executable, "-m", "shared.inference.decode_child", json.dumps(asdict(self._spec))]
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pipesize=_PIPE_BYTES,
                env=os.environ | _KEEP_MEMORY,
            )
            self._end = weakref.finalize(self, _end, self._child)
        if self._child.stdin is None or self._child.stdout is None:
            raise RuntimeError("started without pipes")
        return self._child.stdin, self._child.stdout


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except BrokenPipeError:  # what it had not read any more
                continue


def _read(pipe: int, count: int, deadline_s: float) -> bytes:
    """Return so many bytes. Raises EOFError when the child died, TimeoutError when it hangs."""
    found = bytearray()
    while len(found) < count:
        if not select.select([pipe], [], [], max(0.0, deadline_s - time.monotonic()))[0]:
            raise TimeoutError
        part = os.read(pipe, count - len(found))
        if not part:
            raise EOFError
        found += part
    return bytes(found)
