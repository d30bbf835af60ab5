"""Image decoder that runs in a child process with limits, so that hostile files can do no harm."""

import json
import os
import select
import subprocess
import sys
import time
import weakref
from dataclasses import asdict
from typing import IO, NamedTuple

import numpy as np

from shared.errors import RejectedError, RetryableError
from shared.inference.decode_child import HELLO
from shared.inference.image import Pixels
from shared.reasons import Reason
from shared.repository.bundle import ImageSpec

ANSWER_WITHIN_S = 10.0
_START_WITHIN_S = 30.0
_PIPE_BYTES = 1024 * 1024
"""Room for a whole file and for its pixels: each further switch between the processes takes up to 1 ms."""

_KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(128 * 1024**2), "MALLOC_MMAP_THRESHOLD_": str(32 * 1024**2)}
"""Keeps freed memory in the child: returning it after each image took 1 ms of 3.2 a photo."""

_ATTEMPTS = 2
"""A child may die for other reasons than its image; when two die on the same image, the image is to blame."""


class _Child(NamedTuple):
    """A child process that is ready, with its two pipes."""

    process: "subprocess.Popen[bytes]"
    files: IO[bytes]
    answers: IO[bytes]


class Decoder:
    """A long-lived child process, started with the first image and again after its death; not thread-safe."""

    def __init__(self, spec: ImageSpec, *, answer_within_s: float = ANSWER_WITHIN_S) -> None:
        self._spec = spec
        self._answer_within_s = answer_within_s
        self._child: _Child | None = None
        self._end: weakref.finalize[[subprocess.Popen[bytes]], Decoder] | None = None

    def decode(self, content: bytes) -> Pixels:
        """Return what `decode_image` returns.

        Raises RejectedError as that does, and with `image_undecodable` when the child crashes or hangs on it;
        RetryableError when no child can be started, as where a limit on processes or memory is reached.
        """
        for _ in range(_ATTEMPTS):
            child = self._ready()
            try:
                good, answer = self._ask(child, content)
            except (OSError, EOFError):
                self.close()
                continue
            if good:
                return np.frombuffer(answer, dtype=np.uint8).reshape(self._spec.shape)
            reason, message = json.loads(answer)
            raise RejectedError(Reason(reason), message)
        raise RejectedError(Reason.IMAGE_UNDECODABLE, "the decoder crashed or hung on it")

    @property
    def pid(self) -> int | None:
        """The child's process id; None before the first image, and after a death."""
        return self._child.process.pid if self._child is not None else None

    def close(self) -> None:
        """End the child; the next image starts another."""
        if self._end is not None:
            self._end()
        self._child = self._end = None

    def _ask(self, child: _Child, content: bytes) -> tuple[bool, bytes]:
        child.files.write(len(content).to_bytes(4) + content)
        child.files.flush()
        deadline_s = time.monotonic() + self._answer_within_s
        pipe = child.answers.fileno()
        head = _read(pipe, 5, deadline_s)
        return bool(head[0]), _read(pipe, int.from_bytes(head[1:]), deadline_s)

    def _ready(self) -> _Child:
        if self._child is None:
            self._child = _started(self._spec)
            self._end = weakref.finalize(self, _end, self._child.process)
        return self._child


def _started(spec: ImageSpec) -> _Child:
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "shared.inference.decode_child", json.dumps(asdict(spec))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pipesize=_PIPE_BYTES,
            env=os.environ | _KEEP_MEMORY,
        )
    except OSError as error:
        raise RetryableError(f"the decoder of images can't be started: {error}") from error
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise RuntimeError("started without pipes")
    try:
        _read(process.stdout.fileno(), len(HELLO), time.monotonic() + _START_WITHIN_S)
    except (OSError, EOFError) as error:
        raise RetryableError(f"the decoder of images can't be started: {_last_words(process)}") from error
    process.stderr.close()
    return _Child(process, process.stdin, process.stdout)


def _last_words(process: "subprocess.Popen[bytes]") -> str:
    process.kill()
    _, said = process.communicate()
    *_, last = said.decode(errors="replace").splitlines() or [f"it ended with {process.returncode}"]
    return last


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
