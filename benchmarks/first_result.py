"""Time from `make run` to the first result, with everything installed."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress

from benchmarks.bench import Bench
from benchmarks.measure import Goal, Measure
from deploy.local.paths import ROOT, runs_folder
from shared.bus.kafka.reader import KafkaReader
from shared.catalogue import INFERENCE
from shared.errors import ConfigError
from shared.settings import KafkaSettings
from tidemill.running import note_file

RESULTS = tuple(topic for service in INFERENCE for topic in service.output_topics)
PATIENCE_S = 120.0


async def measure(bench: Bench) -> Sequence[Measure]:
    """Return the seconds from `make run` to its first result, one per round."""
    await _make("setup")
    rounds = []
    for number in range(1, bench.rounds + 1):
        rounds.append(await _first_result_s())
        bench.say(f"round {number}: {rounds[-1]:.1f} s")
    return [
        Measure(
            name="first result after `make run`",
            unit="s",
            rounds=tuple(rounds),
            goal=Goal(at_most=20),
            facts={},
        )
    ]


async def _first_result_s() -> float:
    """Start `make run`, wait for its first result, end it as Ctrl-C does."""
    started_s = time.time()
    log = runs_folder() / "first_result.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            "make", "run", cwd=ROOT, stdout=output, stderr=output, start_new_session=True
        )
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await _first_timestamp_s(await _bootstrap(process, started_s)) - started_s
    except TimeoutError:
        raise ConfigError(f"`make run` gave no result in {PATIENCE_S:.0f} s; see {log}") from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        await process.wait()


async def _bootstrap(process: asyncio.subprocess.Process, started_s: float) -> KafkaSettings:
    """Return the address of the run's Kafka once it is printed.

    Raises ConfigError when the run ends before.
    """
    note = note_file()
    while not (note.is_file() and note.stat().st_mtime >= started_s):
        if process.returncode is not None:
            raise ConfigError("`make run` ended before it was ready; run it to see why")
        await asyncio.sleep(0.1)
    return KafkaSettings(**json.loads(note.read_text(encoding="utf-8"))["kafka"])


async def _first_timestamp_s(kafka: KafkaSettings) -> float:
    reader = KafkaReader(kafka, RESULTS)
    await reader.start()
    try:
        while not (records := await reader.fetch(timeout_ms=200)):
            pass
    finally:
        await reader.stop()
    return records[0].timestamp_ms / 1000


async def _make(target: str) -> None:
    process = await asyncio.create_subprocess_exec(
        "make", target, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL
    )
    if await process.wait():
        raise ConfigError(f"`make {target}` failed; run it to see why")
