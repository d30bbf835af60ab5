"""Preference of a caller to wait for the result (RFC 7240). Pure: no I/O."""

import re
from collections.abc import Iterable

MAX_WAIT_S = 30
"""Longest wait; a caller that asks for more is told how long it was."""

_WAIT = re.compile(r'\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;.*)?', re.IGNORECASE | re.ASCII)


def wait_s(prefer: Iterable[str]) -> int:
    """Return the seconds to wait that the values of `Prefer` ask for; 0 where they ask for none.

    The first of several counts, and what can't be read is ignored, as RFC 7240 says.
    """
    for value in prefer:
        for preference in value.split(","):
            if found := _WAIT.fullmatch(preference):
                return min(int(found[1]), MAX_WAIT_S)
    return 0
