"""TLS contexts: which certificate authorities are trusted."""

import ssl

from shared.errors import ConfigError


def ssl_context(ca_file: str | None, *, variable: str) -> ssl.SSLContext:
    """Return a context that checks certificates and host names; without a file by the system's authorities.

    Raises ConfigError when the file, which `variable` names, is none: name a PEM file.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ConfigError(f"{variable}: {ca_file} is no PEM file of certificates ({error})") from error
