"""Where a request may come from: host names, pages, proxies, and the types of bodies.

A page of another origin that a browser shows can send requests to loopback, and by DNS rebinding even read
the answers. These checks keep it out where no key does.
"""

from collections.abc import Iterable, Mapping

from services.gateway.problems import Kind, ProblemError

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_OWN_PAGES = (b"same-origin", b"none")
_FORWARDED = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip")

# Not text/plain and no form without files: a page may send those anywhere without asking first.
_BODIES = (b"application/json", b"multipart/form-data", b"application/octet-stream")

Headers = Mapping[bytes, bytes]


class Hosts:
    """Host names that the gateway goes by."""

    def __init__(self, names: Iterable[str], *, is_open: bool) -> None:
        self._names = frozenset(name.encode() for name in names)
        self._is_open = is_open

    def check(self, host: bytes | None, port: int | None) -> None:
        """Raise ProblemError for a Host header with another name; without one there can be no check."""
        if host is None:
            raise ProblemError(Kind.BAD_REQUEST, "the header Host is missing", reason="host_missing")
        name = host.lower()
        if name in self._names or (not self._is_open and not self._names):
            return
        if self._is_open and name in _loopback_names(port):
            return
        raise ProblemError(
            Kind.MISDIRECTED,
            "the header Host has a name that the gateway does not go by: use the address that it logs at the "
            "start, or add the name to TIDEMILL__GUARD__HOSTS",
            reason="host_unknown",
        )


def check_page(headers: Headers) -> None:
    """Raise ProblemError for a request that a page of another origin makes in a browser."""
    origin = headers.get(b"origin")
    site = headers.get(b"sec-fetch-site")
    if origin is None and site is None:
        return
    own = origin is None or origin.rpartition(b"//")[2].lower() == headers.get(b"host", b"").lower()
    if own and (site is None or site in _OWN_PAGES):
        return
    raise ProblemError(
        Kind.FORBIDDEN,
        "a page of another origin made this request: pages talk to their own server, and that to the gateway",
        reason="foreign_origin",
    )


def check_not_forwarded(headers: Headers) -> None:
    """Raise ProblemError for a request that came through a proxy: without keys it may be from anybody."""
    for name in _FORWARDED:
        if name in headers:
            raise ProblemError(
                Kind.FORBIDDEN,
                "a proxy passed this on to a gateway without keys: set TIDEMILL__KEYS_FILE, and make keys "
                "by `tidemill keys add`",
                reason="forwarded_without_keys",
            )


def check_body_type(content_type: bytes | None) -> None:
    """Raise ProblemError for a body that is neither JSON, nor a form with files, nor an image."""
    kind = (content_type or b"").partition(b";")[0].strip().lower()
    if kind in _BODIES or kind.startswith(b"image/"):
        return
    raise ProblemError(
        Kind.UNSUPPORTED_MEDIA_TYPE,
        "send application/json, multipart/form-data, or the bytes of an image with its type",
        reason="body_type",
    )


def _loopback_names(port: int | None) -> frozenset[bytes]:
    names = _LOOPBACK if port in {None, 80} else ()
    return frozenset(name.encode() for name in (*names, *(f"{name}:{port}" for name in _LOOPBACK)))
