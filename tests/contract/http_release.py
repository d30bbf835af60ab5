"""python -m tests.contract.http_release: promises the HTTP of today, unless that breaks an earlier promise.

The document of the last release lies beside this file; docs/openapi.json is that of today.
"""

import json
import sys
from pathlib import Path
from typing import Any

from tests.architecture.openapi import document
from tests.contract.http_compatibility import breaking_changes

RELEASED = Path(__file__).with_name("http_released.json")


def released() -> dict[str, Any]:
    """Return the document of the last release."""
    promised: dict[str, Any] = json.loads(RELEASED.read_text(encoding="utf-8"))
    return promised


def main() -> None:
    """Write the document of today as the released one; end with 1 where a client would break."""
    if RELEASED.exists() and (broken := breaking_changes(released(), document())):
        sys.exit("\n".join([*broken, "Clients rely on this: add /v2 of the operation beside it."]))
    RELEASED.write_text(json.dumps(document(), ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
