"""`tidemill watch` on real protocols: where it starts, what a short name stands for, and how it ends."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local.ports import free_port
from shared.bus.kafka.bus import KafkaBus
from shared.bus.record import Outgoing
from shared.catalogue import SENTIMENT_ALERTS
from shared.errors import RetryableError
from shared.events import SentimentAlertRaised, SupportMessageRouted
from shared.settings import KafkaSettings
from tests.support.stack import stack_process
from tidemill.follow import Reading, Start, read

ROOT = Path(__file__).parents[3]
ENDS_WITHIN_S = 30.0


@contextmanager
def watching(bootstrap: str, *arguments: str, run_dir: str = "") -> Iterator[subprocess.Popen[str]]:
    """Yield a `tidemill watch` in an environment without other settings; it is killed at the end."""
    environment = {**os.environ, "TIDEMILL__KAFKA__BOOTSTRAP": bootstrap, "COLUMNS": "200"}
    if run_dir:
        environment["TIDEMILL_RUN_DIR"] = run_dir
    command = [sys.executable, "-m", "tidemill", "watch", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def watched(bootstrap: str, *arguments: str) -> list[str]:
    """Return the lines that a `tidemill watch` prints until it ends by itself."""
    with watching(bootstrap, *arguments) as process:
        printed, complained = process.communicate(timeout=60)
    assert process.returncode == 0, complained
    return printed.splitlines()


async def publish(bootstrap: str, records: Sequence[Outgoing]) -> None:
    producer = KafkaBus(KafkaSettings(bootstrap=bootstrap)).producer()
    await producer.start()
    try:
        for record in records:  # one by one, so that each has a later timestamp
            await producer.publish([record])
    finally:
        await producer.stop()


@contextmanager
def a_noted_stack(folder: Path, bootstrap: str) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a process that is noted as the stack at an address."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        note = {"pid": process.pid, "kafka": {"bootstrap": bootstrap}}
        (folder / "current.json").write_text(json.dumps(note), encoding="utf-8")
        try:
            yield process
        finally:
            process.kill()


async def test_alerts_are_raised_updated_and_resolved_ones(memory_kafka: str) -> None:
    mark = uuid4().hex
    await publish(
        memory_kafka,
        [
            Outgoing(topic, mark.encode(), b'{"company": "%s"}' % mark.encode())
            for topic in SENTIMENT_ALERTS.output_topics
        ],
    )

    lines = watched(memory_kafka, "alerts", "--json", "--from", "beginning", "--no-follow")

    said = [event["ce_type"] for event in map(json.loads, lines) if event.get("company") == mark]
    assert sorted(said) == sorted(SENTIMENT_ALERTS.output_topics)


async def test_the_last_events_of_all_partitions_are_shown_oldest_first(memory_kafka: str) -> None:
    marks = [uuid4().hex for _ in range(7)]
    await publish(
        memory_kafka,
        [Outgoing(SupportMessageRouted.name, mark.encode(), json.dumps(mark).encode()) for mark in marks],
    )

    lines = watched(memory_kafka, "routed", "--json", "-n", "3", "--no-follow")

    assert [json.loads(text) for text in lines] == marks[-3:]


async def test_reading_the_last_records_goes_on_with_those_that_arrive(memory_kafka: str) -> None:
    before, after = uuid4().hex, uuid4().hex
    kafka = KafkaSettings(bootstrap=memory_kafka)
    topics = [SentimentAlertRaised.name]
    await publish(memory_kafka, [Outgoing(topics[0], b"key", before.encode())])
    reading = read(kafka, topics, Reading(last_count=1), ended=lambda: False)

    first = await anext(reading)
    await publish(memory_kafka, [Outgoing(topics[0], b"key", after.encode())])
    second = await anext(reading)
    await reading.aclose()

    assert (first.value, second.value) == (before.encode(), after.encode())


@pytest.mark.parametrize(("options", "exit_code"), [([], 0), (["--limit", "1000000"], 1)])
async def test_a_watch_ends_with_one_line_when_its_stack_ends(
    memory_kafka: str, tmp_path: Path, options: list[str], exit_code: int
) -> None:
    mark = uuid4().hex
    await publish(memory_kafka, [Outgoing(SentimentAlertRaised.name, b"key", mark.encode())])

    with a_noted_stack(tmp_path, memory_kafka) as stack:
        arguments = ("alerts", "--json", "--last", "1", *options)
        with watching(memory_kafka, *arguments, run_dir=str(tmp_path)) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            stack.kill()
            stack.wait()
            _, complained = process.communicate(timeout=ENDS_WITHIN_S)

    assert first.strip() == mark
    assert complained == f"the stack at {memory_kafka} has ended; 1 events shown\n"
    assert process.returncode == exit_code


async def test_reading_ends_when_the_broker_answers_nothing_any_more() -> None:
    with stack_process("--kafka", "memory", "--no-triton", "--no-redis") as stack:
        kafka = KafkaSettings(bootstrap=stack.addresses().kafka_bootstrap)
        await publish(kafka.bootstrap, [Outgoing(SentimentAlertRaised.name, b"key", b"first")])
        reading = Reading(start=Start.BEGINNING, silence_s=2.0)
        records = read(kafka, [SentimentAlertRaised.name], reading, ended=lambda: False)
        first = await anext(records)

    with pytest.raises(RetryableError, match="Kafka has not answered for 2 s"):
        await anext(records)

    assert first.value == b"first"


def test_a_broker_that_is_not_there_is_said_in_one_line_with_exit_code_2() -> None:
    with watching(f"127.0.0.1:{free_port()}", "alerts") as process:
        _, complained = process.communicate(timeout=60)

    assert process.returncode == 2
    assert "Is it running?" in complained
    assert "Traceback" not in complained
