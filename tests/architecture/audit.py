"""Looks for known holes in the versions that we pin: `python -m tests.architecture.audit`.

Asks once a day and set of pins. Without a network it says in one line that it could not, and passes.
"""

import json
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

PINS = Path("constraints.txt")
STAMP = Path(sys.prefix) / "audit.stamp"
ANSWER_WITHIN_S = 60.0
_QUESTION = ("--no-deps", "--disable-pip", "--progress-spinner", "off", "--timeout", "5", "--format", "json")


def verdict(answer: str) -> tuple[str, int]:
    """Return what to say about pip-audit's JSON, and the exit code: 1 where a hole is known."""
    try:
        found = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return "could not ask for known vulnerabilities: not audited", 0
    # What it could not look up it passes over, and calls the rest sound.
    skipped = [each["name"] for each in found if "skip_reason" in each]
    holes = [
        f"{each['name']} {each['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions'])}"
        for each in found
        for hole in each.get("vulns", ())
    ]
    if holes:
        return "\n".join(["known vulnerabilities; raise the pins in constraints.txt:", *holes]), 1
    if skipped:
        return f"could not ask about {len(skipped)} of {len(found)} packages: not audited", 0
    return f"no known vulnerability in {len(found)} packages", 0


def ask(pins: Path, *, within_s: float = ANSWER_WITHIN_S, service: tuple[str, ...] = ()) -> str:
    """Return pip-audit's JSON; empty where it is not installed, or not done in time."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        str(pins),
        "-s",
        "osv",
        *_QUESTION,
        *service,
    ]
    try:
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=within_s).stdout
    except subprocess.TimeoutExpired:
        return ""


def main() -> int:
    """Print the verdict; return 1 when a hole is known."""
    asked = f"{datetime.now(UTC).date()} {sha256(PINS.read_bytes()).hexdigest()}"
    if STAMP.is_file() and STAMP.read_text(encoding="ascii") == asked:
        sys.stdout.write("no known vulnerability: asked today\n")
        return 0
    line, code = verdict(ask(PINS))
    sys.stdout.write(f"{line}\n")
    if line.startswith("no known"):
        STAMP.write_text(asked, encoding="ascii")
    return code


if __name__ == "__main__":
    sys.exit(main())
