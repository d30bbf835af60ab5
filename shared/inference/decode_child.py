"""The child process of `decoder.py`: decodes the image files that arrive on standard input, under limits.

A frame is a length of four bytes, then so many bytes. An answer is one byte, then a frame: after 1 the frame
holds pixels, after 0 a refusal as JSON.
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
"""Limit of the address space; the largest image allowed, with transparency, takes a quarter of it."""

HELLO = b"h"
"""First byte on standard output. Standard error, which says why a start failed, is read until then only."""

CPU_MAX_S = 3600
"""CPU limit; the next image starts a fresh child."""


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
    """Replace the limit inherited from the worker, which is sized for the worker."""
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
