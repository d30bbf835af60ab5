"""The child process of `converter.py`: converts the photo on standard input to standard output."""

import resource
import sys

from tidemill.reading.photos import UnfitError, as_jpeg

MEMORY_MAX_BYTES = 2 * 1024**3
CPU_MAX_S = 60
UNFIT = 3
"""Exit code where standard error says why the photo can't be sent."""


def main() -> None:
    """Convert the photo, under limits."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX_BYTES, MEMORY_MAX_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_MAX_S, CPU_MAX_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        sys.stdout.buffer.write(as_jpeg(sys.stdin.buffer.read()))
    except UnfitError as error:
        sys.stderr.write(str(error))
        sys.exit(UNFIT)


if __name__ == "__main__":
    main()
