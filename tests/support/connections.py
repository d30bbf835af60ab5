"""Connections that libraries leave open, collected where no test is blamed for them."""

import gc
import warnings


def forget_connections() -> None:
    """Collect what tests left: found later, it would fail one that has no part in it.

    aiokafka closes a TLS connection, and waits for no end of it. Faust's threads leave theirs open where
    they end soon after an outage; a service ends with them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
