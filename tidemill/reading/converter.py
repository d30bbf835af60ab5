"""Conversion of photos in a child process, as a damaged file can crash its decoder."""

import subprocess
import sys

from tidemill.reading.photo_child import UNFIT
from tidemill.reading.photos import UnfitError

WITHIN_S = 90.0


def converted(content: bytes) -> bytes:
    """Return the photo as `as_jpeg` does. Raises UnfitError, also when the decoder crashes or hangs."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tidemill.reading.photo_child"],
            input=content,
            capture_output=True,
            check=False,
            timeout=WITHIN_S,
        )
    except subprocess.TimeoutExpired:
        raise UnfitError("its decoder hangs on it") from None
    if done.returncode == UNFIT:
        raise UnfitError(done.stderr.decode(errors="replace"))
    if done.returncode:
        raise UnfitError(f"its decoder ended with {done.returncode} on it")
    return done.stdout
