"""Every operation of the running gateway keeps to its OpenAPI document, whatever is sent to it.

Few cases an operation; SCHEMATHESIS_EXAMPLES=50 sends more, and the systematic ones of the coverage phase.
"""

import asyncio
import os
import sys
from pathlib import Path

from deploy.local.stack import Addresses
from tests.architecture.openapi import document
from tests.integration.services.service_process import running
from tests.support.programs import finished

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES")
DEEP = ["--phases", "coverage,fuzzing", "--max-examples", EXAMPLES or ""]
QUICK = ["--phases", "fuzzing", "--max-examples", "4"]
WITHIN_S = 1_800.0 if EXAMPLES else 100.0


def a_key(keys_file: Path) -> str:
    """Return the secret of a new key with all scopes."""
    command = [sys.executable, "-m", "tidemill", "keys", "add", "tester", "--scope", "all"]
    return finished(command, environment={"TIDEMILL__KEYS_FILE": str(keys_file)}).split()[-1]


async def test_schemathesis_finds_no_failure(memory_kafka: str, triton: Addresses, tmp_path: Path) -> None:
    keys_file = tmp_path / "keys.json"
    key = a_key(keys_file)
    settings = {
        "TIDEMILL__TRITON__ADDRESS": triton.triton_grpc,
        "TIDEMILL__KEYS_FILE": str(keys_file),
        "TIDEMILL__GUARD__RATE_COUNT": "1000000",
    }

    async with running("gateway", memory_kafka, **settings) as gateway:
        await gateway.ready()
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)),
            *("run", f"{await gateway.web()}/openapi.json", "--header", f"Authorization: Bearer {key}"),
            *("--seed", "1", "--workers", "2", "--request-timeout", "30", "--no-color"),
            *(DEEP if EXAMPLES else QUICK),
        ]
        said = await asyncio.to_thread(finished, command, within_s=WITHIN_S, cwd=tmp_path)

    operations = [operation for path in document()["paths"].values() for operation in path.values()]
    assert f"Tested: {len(operations) - 1}" in said  # all but the stream, which never ends
    assert "Failures:" not in said
