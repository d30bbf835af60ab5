"""The commands as people type them, against a real protocol: what they print and how they exit."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.local.paths import RUN_DIR
from deploy.local.ports import free_port
from shared.bus.dead_letters import ATTEMPT_HEADER, dead_letter
from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.reader import KafkaReader
from shared.bus.record import Partition, Record
from shared.errors import RejectedError
from shared.events import CustomerMessageReceived, ImageReceived, NewsArticlePublished
from shared.events.headers import Headers
from shared.reasons import Reason
from shared.settings import KafkaSettings
from tidemill.running import NOTE, only_stack

ROOT = Path(__file__).parents[3]


def tidemill(*arguments: str, bootstrap: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in an environment without other settings."""
    environment = {**os.environ, "COLUMNS": "200", **variables}
    if bootstrap:
        environment["TIDEMILL__KAFKA__BOOTSTRAP"] = bootstrap
    command = [sys.executable, "-m", "tidemill", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture(params=["memory_kafka", "real_kafka"])
def bootstrap(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


async def a_dead_letter(
    bootstrap: str,
    value: bytes | None,
    *,
    reason: Reason = Reason.NOT_JSON,
    topic: str = ImageReceived.name,
    more_headers: Headers = (),
) -> None:
    record = Record(Partition(topic, 1), 7, b"case", value, (("mine", b"kept"),), 0)
    producer = KafkaBus(KafkaSettings(bootstrap=bootstrap)).producer()
    await producer.start()
    try:
        letter = dead_letter(record, RejectedError(reason, "expected value"), group="g")
        await producer.publish([replace(letter, headers=letter.headers + more_headers)])
    finally:
        await producer.stop()


async def all_records(bootstrap: str, topic: str) -> list[Record]:
    """Return what is on a topic now."""
    reader = KafkaReader(KafkaSettings(bootstrap=bootstrap), [topic])
    await reader.start()
    try:
        found: list[Record] = []
        while await reader.remaining_records():
            found += await reader.fetch(timeout_ms=500)
        return found
    finally:
        await reader.stop()


def test_what_is_played_can_be_watched(bootstrap: str, tmp_path: Path) -> None:
    mark = uuid4().hex
    rows = tmp_path / f"{mark}.csv"
    rows.write_text(f"text,mood\nfirst {mark},sunny\nsecond {mark},rainy\n", encoding="utf-8")

    played = tidemill("play", str(rows), "--to", "messages", bootstrap=bootstrap)
    watched = tidemill(
        "watch", "messages", "--json", "--from", "beginning", "--limit", "2", bootstrap=bootstrap
    )

    assert (played.returncode, played.stderr) == (0, "")
    assert f"sent 2 events to {CustomerMessageReceived.name}" in played.stdout
    texts = {json.loads(line)["text"] for line in watched.stdout.splitlines()}
    assert len(texts) == 2
    assert all(text.startswith(("first", "second")) for text in texts)


async def test_a_dead_letter_is_listed_shown_and_sent_again_only_when_told_to(bootstrap: str) -> None:
    mark = uuid4().hex
    await a_dead_letter(bootstrap, mark.encode())

    listed = tidemill("dead", "list", "images", bootstrap=bootstrap)
    where = re.findall(r"^(\d+:\d+) +\d\d \w+ \d\d:\d\d +not_json", listed.stdout, re.MULTILINE)[-1]
    shown = tidemill("dead", "show", "images", where, bootstrap=bootstrap)
    dry = tidemill("dead", "replay", "images", "--reason", "not_json", bootstrap=bootstrap)
    done = tidemill("dead", "replay", "images", "--reason", "not_json", "--yes", bootstrap=bootstrap)
    watched = tidemill(
        "watch", "images", "--json", "--from", "beginning", "--limit", "1", bootstrap=bootstrap
    )

    assert f"from     {ImageReceived.name}, partition 1, offset 7" in shown.stdout
    assert "header   mine: kept" in shown.stdout
    assert "add --yes to do it" in dry.stdout
    assert "sent again" in done.stdout
    assert watched.stdout.strip()
    assert {each.returncode for each in (listed, shown, dry, done, watched)} == {0}


async def test_a_letter_that_lacks_its_value_keeps_no_other_from_being_sent_again(bootstrap: str) -> None:
    # No other letter of images has it.
    reason, mark = Reason.PUBLISHED_IN_FUTURE, uuid4().hex
    await a_dead_letter(bootstrap, None, reason=reason, more_headers=(("tidemill-value-left-out", b"true"),))
    await a_dead_letter(bootstrap, mark.encode(), reason=reason)

    dry = tidemill("dead", "replay", "images", "--reason", reason, bootstrap=bootstrap)
    done = tidemill("dead", "replay", "images", "--reason", reason, "--yes", bootstrap=bootstrap)

    for said in (dry.stdout, done.stdout):
        assert f"1 to {ImageReceived.name}" in said
        assert (
            f"1 can't be sent: too large for a letter, their values are only at\n  {ImageReceived.name} 1:7"
            in said
        )
    assert "1 would be sent again" in dry.stdout
    assert "1 sent again" in done.stdout
    assert (dry.returncode, done.returncode) == (0, 1)
    assert "1 were not sent" in done.stderr


async def test_letters_are_listed_with_their_time_and_as_json(bootstrap: str) -> None:
    reason = Reason.LONE_SURROGATE
    await a_dead_letter(bootstrap, b"{", reason=reason)

    listed = tidemill("dead", "list", "images", "--reason", reason, "--json", bootstrap=bootstrap)

    [letter] = map(json.loads, listed.stdout.splitlines())
    assert (letter["reason"], letter["attempt"], letter["original_offset"]) == (reason, 0, 7)
    assert letter["topic"] == f"{ImageReceived.name}.dead"
    assert abs(datetime.fromisoformat(letter["time"]) - datetime.now(UTC)) < timedelta(minutes=5)


async def test_a_second_replay_sends_nothing_that_the_first_one_sent(bootstrap: str) -> None:
    reason = Reason.UNKNOWN_VERSION
    for _ in range(3):
        await a_dead_letter(bootstrap, b"{", reason=reason)
    replay = ("dead", "replay", "images", "--reason", reason, "--yes")

    first = tidemill(*replay, bootstrap=bootstrap)
    second = tidemill(*replay, bootstrap=bootstrap)
    everything = tidemill("dead", "replay", "images", bootstrap=bootstrap)
    again = tidemill(*replay, "--all", bootstrap=bootstrap)

    assert first.stdout.splitlines()[-1] == "3 sent again"
    assert second.stdout.splitlines() == [
        "3 left out: replayed before; --all takes them too",
        "0 sent again",
    ]
    assert "left out: replayed before" in everything.stdout  # also a replay of all reasons knows it
    assert again.stdout.splitlines()[-1] == "3 sent again"


async def test_one_letter_is_replayed_by_its_place_with_the_number_of_the_attempt(bootstrap: str) -> None:
    reason, mark = Reason.INVALID_UTF8, uuid4().hex
    await a_dead_letter(bootstrap, mark.encode(), reason=reason)
    listed = tidemill("dead", "list", "images", "--reason", reason, "--json", bootstrap=bootstrap)
    [letter] = map(json.loads, listed.stdout.splitlines())
    place = f"{letter['partition']}:{letter['offset']}"

    done = tidemill("dead", "replay", "images", "--offset", place, "--yes", bootstrap=bootstrap)
    missing = tidemill("dead", "replay", "images", "--offset", "3:999999", "--yes", bootstrap=bootstrap)

    assert done.stdout.splitlines() == [f"1 to {ImageReceived.name}", "1 sent again"]
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "no dead letter of images stands at 3:999999" in missing.stderr
    [replayed] = [
        each for each in await all_records(bootstrap, ImageReceived.name) if each.value == mark.encode()
    ]
    assert replayed.headers == (("mine", b"kept"), (ATTEMPT_HEADER, b"1"))


async def test_letters_are_purged_only_when_told_to(real_kafka: str) -> None:
    await a_dead_letter(real_kafka, b"{")

    dry = tidemill("dead", "purge", "images", bootstrap=real_kafka)
    done = tidemill("dead", "purge", "images", "--yes", bootstrap=real_kafka)
    left = tidemill("dead", "list", "images", bootstrap=real_kafka)

    assert "would be deleted; add --yes to do it" in dry.stdout
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == dry.stdout.splitlines()[-1].replace(
        "would be deleted; add --yes to do it", "deleted"
    )
    assert left.stdout == "0 dead letters\n"


async def test_only_replayed_letters_are_purged_when_asked_for(real_kafka: str) -> None:
    tidemill("dead", "purge", "news", "--yes", bootstrap=real_kafka)
    await a_dead_letter(real_kafka, b"{", topic=NewsArticlePublished.name)
    tidemill("dead", "replay", "news", "--yes", bootstrap=real_kafka)
    await a_dead_letter(real_kafka, b"{", topic=NewsArticlePublished.name)

    done = tidemill("dead", "purge", "news", "--replayed", "--yes", bootstrap=real_kafka)
    left = tidemill("dead", "list", "news", bootstrap=real_kafka)

    assert done.stdout.splitlines()[-1] == "1 deleted"
    assert left.stdout.splitlines()[-1] == "1 dead letters: 1 not_json"


async def test_the_broker_in_memory_says_in_one_line_that_it_can_not_purge(memory_kafka: str) -> None:
    await a_dead_letter(memory_kafka, b"{")

    refused = tidemill("dead", "purge", "images", "--yes", bootstrap=memory_kafka)

    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "this broker can't delete records" in refused.stderr


def test_lag_knows_the_groups_of_all_services(bootstrap: str) -> None:
    asked = tidemill("lag", bootstrap=bootstrap)

    assert asked.returncode == 0
    assert "records behind in all" in asked.stdout


async def test_lag_says_that_a_group_is_beyond_the_end_and_skip_lost_puts_it_back(bootstrap: str) -> None:
    group, place = f"restored-{uuid4()}", TopicPartition(CustomerMessageReceived.name, 0)
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group) as member:
        member.assign([place])
        await member.commit({place: 1_000_000})
    which = ("--group", group, "--topic", "messages")

    before = tidemill("lag", *which, bootstrap=bootstrap)
    moved = tidemill("lag", *which, "--skip-lost", bootstrap=bootstrap)
    after = tidemill("lag", *which, bootstrap=bootstrap)

    assert f"{group} goes on at offset 1000000, but the log ends at" in before.stdout
    assert f"{group}: {place.topic} 0: back by 1,000,000 offsets" in moved.stdout
    assert "the log ends at" not in moved.stdout + after.stdout
    assert [before.returncode, moved.returncode, after.returncode] == [0, 0, 0]


def test_a_broker_that_is_not_there_is_said_in_one_line_with_exit_code_2(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("text\nhello\n", encoding="utf-8")

    played = tidemill("play", str(rows), "--to", "messages", bootstrap=f"127.0.0.1:{free_port()}")

    assert played.returncode == 2
    assert "Is it running?" in played.stderr
    assert "Traceback" not in played.stderr


def test_a_second_run_in_the_same_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    with only_stack(tmp_path / NOTE):
        refused = tidemill("run", **{RUN_DIR: str(tmp_path)})

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.count("\n") == 1
    assert f"a stack runs here already, as process {os.getpid()}" in refused.stderr
