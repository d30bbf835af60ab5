"""Whose word counts for a certificate."""

import ssl

from shared.errors import ConfigError


def trusting(ca_file: str | None, *, variable: str) -> ssl.SSLContext:
    """Return how certificates are checked, host names included; by the system's authorities without a file.

    Raises ConfigError when the file, which `variable` names, is none: name a PEM file.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ConfigError(f"{variable}: {ca_file} is no PEM file of certificates ({error})") from error
