"""Types of addresses in settings: `host:port`, lists of it, hosts and URLs.

A wrong one is refused where it is read, as a client would only try again and again to connect.
No message shows the value: a URL may hold a password.
"""

import re
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, SecretStr

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*\.?")
_PORT_MAX = 65_535
_ADDRESS_FORM = "write host:port, such as broker:9092"
_HOST_FORM = "write a host name or an IP address, such as 127.0.0.1"
_HTTP_FORM = "write http://host:port"
_REDIS_FORM = "write redis://host:port, with special characters of a password percent-encoded"


def _address(text: str) -> str:
    _refuse_remains(text, _ADDRESS_FORM)
    if "://" in text:
        raise ValueError(f"has {text.partition('://')[0][:10]}:// before the host; {_ADDRESS_FORM}")
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        raise ValueError(f"has no port; {_ADDRESS_FORM}")
    _check_port(port, _ADDRESS_FORM)
    _check_host(host, _ADDRESS_FORM)
    return text


def _addresses(text: str) -> str:
    return ",".join(_address(each) for each in re.split(r" *, *", text))


def _host(text: str) -> str:
    _refuse_remains(text, _HOST_FORM)
    _check_host(f"[{text}]" if ":" in text else text, _HOST_FORM)
    return text


def _http_url(text: str) -> str:
    _check_place(_split(text, ("http", "https"), _HTTP_FORM), _HTTP_FORM)
    return text.rstrip("/")


def _redis_url(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not text:
        raise ValueError("is empty; write redis://host:port, or leave it out: then nothing is cached")
    url = _split(text, ("redis", "rediss", "unix"), _REDIS_FORM)
    if url.scheme == "unix":
        return secret
    _check_place(url, _REDIS_FORM)
    if not re.fullmatch(r"/?\d{0,5}/?", url.path):
        raise ValueError("has no number of a database behind the last slash; write redis://host:port/0")
    return secret


def _refuse_remains(text: str, form: str) -> None:
    """Refuse what files, shells and forms leave in or around a value."""
    if not text:
        raise ValueError(f"is empty; {form}")
    if text[0] in "\"'`" or text[-1] in "\"'`":
        raise ValueError(f"has quotes around it, which `docker --env-file` keeps; {form}, without quotes")
    if re.search(r"\s", text):
        raise ValueError(f"has a blank in it; {form}, without blanks")


def _split(text: str, schemes: tuple[str, ...], form: str) -> SplitResult:
    _refuse_remains(text, form)
    known = tuple(f"{scheme}://" for scheme in schemes)
    if not text.startswith(known):
        raise ValueError(f"begins with none of {', '.join(known)}; {form}")
    try:
        return urlsplit(text)
    except ValueError:
        raise ValueError(f"is no URL; {form}") from None


def _check_place(url: SplitResult, form: str) -> None:
    """Refuse a URL without a host, or with a wrong port; without a port the scheme's own counts."""
    place = url.netloc.rpartition("@")[2]
    host, colon, port = place.rpartition(":")
    if not colon or place.endswith("]"):
        host, port = place, str(_PORT_MAX)
    _check_port(port, form)
    _check_host(host, form)


def _check_port(port: str, form: str) -> None:
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= _PORT_MAX:
        raise ValueError(f"has no port from 1 to {_PORT_MAX} behind the last colon; {form}")


def _check_host(host: str, form: str) -> None:
    if ":" in host and not host.startswith("["):
        raise ValueError(f"has several colons; {form}, and an IPv6 address in brackets, [::1]")
    with suppress(ValueError):
        if host.startswith("[") and host.endswith("]"):
            IPv6Address(host[1:-1])
            return
        if re.fullmatch(r"[0-9.]+", host):
            IPv4Address(host)
            return
        if _NAME.fullmatch(host):
            return
    raise ValueError(f"names no host that can exist; {form}")


Address = Annotated[str, AfterValidator(_address)]
"""`host:port` of one server."""

Addresses = Annotated[str, AfterValidator(_addresses)]
"""`host:port,host:port` of the servers of one cluster; blanks around the commas are dropped."""

Host = Annotated[str, AfterValidator(_host)]
"""A host name or IP address, without a port."""

HttpUrl = Annotated[str, AfterValidator(_http_url)]
"""`http://host:port`, the base address of an HTTP server, without a slash at its end."""

RedisUrl = Annotated[SecretStr, AfterValidator(_redis_url)]
"""`redis://`, `rediss://` or `unix://` URL of a Redis."""


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches what listens there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
