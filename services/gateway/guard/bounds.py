"""Bounds of what is handled at a time: requests and streams, in all and of one key; bytes of bodies."""

from collections import Counter

from services.gateway.guard.settings import GuardSettings
from services.gateway.problems import Kind, ProblemError

_KIB = 1024
_IMAGE_BYTES = 512 * _KIB
_FORM_BYTES = 64 * _KIB
"""Room for the other fields of a form, and the lines between its parts."""

_BODY_BYTES = 2048 * _KIB
_LARGER = (
    # As base64 in JSON, or as a form: a third more than the image.
    ("/v1/images", _IMAGE_BYTES * 4 // 3 + _FORM_BYTES, "an image may have 512 KiB"),
    ("/v1/analyze/", 8192 * _KIB, "texts to analyze may have 8 MiB"),
    ("/v1/classify/", 64 * (_IMAGE_BYTES * 4 // 3) + _FORM_BYTES, "64 images may have 512 KiB each"),
)
_AGAIN_S = "1"


class Slots:
    """Places for what is open at a time: requests, or streams."""

    def __init__(self, kind: str, *, most: int, most_per_key: int) -> None:
        self._kind = kind
        self._most = most
        self._most_per_key = most_per_key
        self._per_key: Counter[str] = Counter()
        self.count = 0

    def enter(self, key_id: str) -> None:
        """Take a place. Raises ProblemError when all are taken, or as many as one key may."""
        if self.count >= self._most:
            raise overloaded(f"{self._kind}_full", f"{self._most} {self._kind} are open, as many as allowed")
        if self._per_key[key_id] >= self._most_per_key:
            text = f"{self._most_per_key} {self._kind} of this key are open, its most"
            raise overloaded(f"{self._kind}_of_key_full", text)
        self.count += 1
        self._per_key[key_id] += 1

    def leave(self, key_id: str) -> None:
        """Give the place back."""
        self.count -= 1
        self._per_key[key_id] -= 1
        if not self._per_key[key_id]:
            del self._per_key[key_id]


def request_slots(settings: GuardSettings, *, is_open: bool) -> Slots:
    """Return the places of requests."""
    most = settings.requests_max
    return Slots("requests", most=most, most_per_key=most if is_open else settings.requests_per_key_max)


def stream_slots(settings: GuardSettings, *, is_open: bool) -> Slots:
    """Return the places of streams."""
    most = settings.streams_max
    return Slots("streams", most=most, most_per_key=most if is_open else settings.streams_per_key_max)


def body_max_bytes(path: str) -> int:
    """Return the most bytes that a body at this address may have."""
    return next((most for prefix, most, _ in _LARGER if path.startswith(prefix)), _BODY_BYTES)


def body_too_large(path: str) -> ProblemError:
    """Return the problem of a larger body."""
    text = next((text for prefix, _, text in _LARGER if path.startswith(prefix)), "a body may have 2 MiB")
    return ProblemError(Kind.TOO_LARGE, f"the body is too large: {text}", reason="body_too_large")


def overloaded(reason: str, detail: str) -> ProblemError:
    """Return the problem of a request for which there is no place."""
    again = {"Retry-After": _AGAIN_S}
    return ProblemError(Kind.OVERLOADED, f"{detail}: try again in a second", reason=reason, headers=again)
