"""The child process of `decoder.py`: decodes the image files that come on standard input, under limits.

A frame is its length in four bytes, then as many. An answer has one byte before that: 1 for pixels, 0 for a
refusal, which is JSON.
"""

import json
import os
import resource
import signal
import sys
from typing import BinaryIO

from shared.errors import RejectedError
from shared.inference.image import decode_image
from shared.reasons import Reason
from shared.repository.bundle import ImageSpec

MEMORY_MAX_BYTES = 2 * 1024**3
"""Address space: the largest image allowed takes a quarter of it, transparency and all."""

HELLO = b"h"
"""Comes first. Until then standard error says why a start failed; from then on nobody reads it."""

CPU_MAX_S = 3600
"""One that decodes for so long has done its work; the next photo gets a new one."""


def main() -> None:
    """Answer until the parent closes the pipe."""
    _bound_memory()
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_MAX_S, CPU_MAX_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends us
    spec = ImageSpec(**json.loads(sys.argv[1]))
    sys.stdout.buffer.write(HELLO)
    sys.stdout.buffer.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    while (content := read_frame(sys.stdin.buffer)) is not None:
        good, answer = _decoded(content, spec)
        sys.stdout.buffer.write(bytes([good]) + len(answer).to_bytes(4) + answer)
        sys.stdout.buffer.flush()


def _bound_memory() -> None:
    """Set our own bound in place of the one that the worker passed on, which is made for the worker."""
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX_BYTES, MEMORY_MAX_BYTES))


def read_frame(stream: BinaryIO) -> bytes | None:
    """Return the next frame; None at the end."""
    head = stream.read(4)
    return stream.read(int.from_bytes(head)) if len(head) == 4 else None


def _decoded(content: bytes, spec: ImageSpec) -> tuple[bool, bytes]:
    try:
        return True, decode_image(content, spec).tobytes()
    except RejectedError as refused:
        reason, message = refused.reason, str(refused)
    except MemoryError:
        reason, message = Reason.IMAGE_TOO_LARGE, f"takes more than {MEMORY_MAX_BYTES:,} bytes to decode"
    return False, json.dumps([reason, message]).encode()


if __name__ == "__main__":
    main()
