"""`tidemill dead` on a real protocol: each letter is replayed once, and purged only when told to."""

import asyncio
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.bus.dead_letters import ATTEMPT_HEADER, dead_letter
from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.reader import KafkaReader
from shared.bus.record import Outgoing, Partition, Record
from shared.errors import RejectedError
from shared.events import ImageReceived, NewsArticlePublished
from shared.events.headers import Headers
from shared.reasons import Reason
from shared.settings import KafkaSettings
from tidemill.__main__ import main


@dataclass(frozen=True)
class Ended:
    """The end of a command: exit code, and the lines that it printed."""

    code: object
    out: list[str]
    err: list[str]


Tidemill = Callable[..., Ended]


@pytest.fixture
def tidemill(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tidemill:
    """Return the command line, run in this process: a start of its own takes seconds."""

    def run(*arguments: str, bootstrap: str) -> Ended:
        monkeypatch.setenv("TIDEMILL__KAFKA__BOOTSTRAP", bootstrap)
        monkeypatch.setattr(sys, "argv", ["tidemill", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Ended(ended.value.code, printed.out.splitlines(), printed.err.splitlines())

    return run


@pytest.fixture(params=["memory_kafka", "real_kafka"])
def bootstrap(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


def put_letters(
    bootstrap: str,
    *values: bytes | None,
    reason: Reason = Reason.NOT_JSON,
    topic: str = ImageReceived.name,
    more_headers: Headers = (),
) -> None:
    """Write one dead letter a value, from partition 1, offset 7 of a topic."""

    async def write() -> None:
        producer = KafkaBus(KafkaSettings(bootstrap=bootstrap)).producer()
        await producer.start()
        try:
            await producer.publish([letter_of(value) for value in values])
        finally:
            await producer.stop()

    def letter_of(value: bytes | None) -> Outgoing:
        record = Record(Partition(topic, 1), 7, b"case", value, (("mine", b"kept"),), 0)
        letter = dead_letter(record, RejectedError(reason, "expected value"), group="g")
        return replace(letter, headers=letter.headers + more_headers)

    asyncio.run(write())


def records_on(bootstrap: str, topic: str) -> list[Record]:
    """Return all records that are on a topic now."""

    async def read() -> list[Record]:
        reader = KafkaReader(KafkaSettings(bootstrap=bootstrap), [topic])
        await reader.start()
        try:
            return [record async for fetched in reader.until_end() for record in fetched]
        finally:
            await reader.stop()

    return asyncio.run(read())


def test_a_dead_letter_is_listed_shown_and_sent_again_only_when_told_to(
    bootstrap: str, tidemill: Tidemill
) -> None:
    put_letters(bootstrap, uuid4().hex.encode())

    listed = tidemill("dead", "list", "images", bootstrap=bootstrap)
    where = re.findall(r"^(\d+:\d+) +\d\d \w+ \d\d:\d\d +not_json", "\n".join(listed.out), re.MULTILINE)[-1]
    shown = tidemill("dead", "show", "images", where, bootstrap=bootstrap)
    dry = tidemill("dead", "replay", "images", "--reason", "not_json", bootstrap=bootstrap)
    done = tidemill("dead", "replay", "images", "--reason", "not_json", "--yes", bootstrap=bootstrap)

    assert f"from     {ImageReceived.name}, partition 1, offset 7" in shown.out
    assert "header   mine: kept" in shown.out
    assert dry.out[-1].endswith("would be sent again; add --yes to do it")
    assert done.out[-1].endswith("sent again")
    assert {each.code for each in (listed, shown, dry, done)} == {0}


def test_a_letter_that_lacks_its_value_keeps_no_other_from_being_sent_again(
    bootstrap: str, tidemill: Tidemill
) -> None:
    reason = Reason.RESULT_TOO_LARGE
    put_letters(bootstrap, None, reason=reason, more_headers=(("tidemill-value-left-out", b"true"),))
    put_letters(bootstrap, uuid4().hex.encode(), reason=reason)

    dry = tidemill("dead", "replay", "images", "--reason", reason, bootstrap=bootstrap)
    done = tidemill("dead", "replay", "images", "--reason", reason, "--yes", bootstrap=bootstrap)

    planned = [
        f"1 to {ImageReceived.name}",
        "1 can't be sent: too large for a letter, their values are only at",
        f"  {ImageReceived.name} 1:7",
    ]
    assert dry.out == [*planned, "1 would be sent again; add --yes to do it"]
    assert done.out == [*planned, "1 sent again"]
    assert (dry.code, done.code) == (0, 1)
    assert "1 were not sent" in done.err[-1]


def test_letters_are_listed_with_their_time_and_as_json(bootstrap: str, tidemill: Tidemill) -> None:
    reason = Reason.LONE_SURROGATE
    put_letters(bootstrap, b"{", reason=reason)

    listed = tidemill("dead", "list", "images", "--reason", reason, "--json", bootstrap=bootstrap)

    [letter] = map(json.loads, listed.out)
    assert (letter["reason"], letter["attempt"], letter["original_offset"]) == (reason, 0, 7)
    assert letter["topic"] == f"{ImageReceived.name}.dead"
    assert abs(datetime.fromisoformat(letter["time"]) - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_second_replay_sends_nothing_that_the_first_one_sent(bootstrap: str, tidemill: Tidemill) -> None:
    reason = Reason.UNKNOWN_VERSION
    put_letters(bootstrap, b"{", b"{", b"{", reason=reason)
    replay = ("dead", "replay", "images", "--reason", reason, "--yes")

    first = tidemill(*replay, bootstrap=bootstrap)
    second = tidemill(*replay, bootstrap=bootstrap)
    of_all_reasons = tidemill("dead", "replay", "images", bootstrap=bootstrap)
    again = tidemill(*replay, "--all", bootstrap=bootstrap)

    assert first.out[-1] == "3 sent again"
    assert second.out == ["3 left out: replayed before; --all takes them too", "0 sent again"]
    assert "left out: replayed before" in "\n".join(of_all_reasons.out)
    assert again.out[-1] == "3 sent again"


def test_one_letter_is_replayed_by_its_place_with_the_number_of_the_attempt(
    bootstrap: str, tidemill: Tidemill
) -> None:
    reason, mark = Reason.INVALID_UTF8, uuid4().hex.encode()
    put_letters(bootstrap, mark, reason=reason)
    [line] = tidemill("dead", "list", "images", "--reason", reason, "--json", bootstrap=bootstrap).out
    letter = json.loads(line)
    place = f"{letter['partition']}:{letter['offset']}"

    done = tidemill("dead", "replay", "images", "--offset", place, "--yes", bootstrap=bootstrap)
    missing = tidemill("dead", "replay", "images", "--offset", "3:999999", "--yes", bootstrap=bootstrap)

    assert done.out == [f"1 to {ImageReceived.name}", "1 sent again"]
    assert (missing.code, missing.out) == (2, [])
    assert "no dead letter of images stands at 3:999999" in missing.err[-1]
    [replayed] = [each for each in records_on(bootstrap, ImageReceived.name) if each.value == mark]
    assert replayed.headers == (("mine", b"kept"), (ATTEMPT_HEADER, b"1"))


def test_a_letter_that_was_replayed_by_its_place_is_old_to_a_replay_of_all(
    bootstrap: str, tidemill: Tidemill
) -> None:
    reason = Reason.IMAGE_SHAPE
    put_letters(bootstrap, b"{", b"{", reason=reason)
    lines = tidemill("dead", "list", "images", "--reason", reason, "--json", bootstrap=bootstrap).out
    letter = json.loads(lines[0])

    place = f"{letter['partition']}:{letter['offset']}"
    tidemill("dead", "replay", "images", "--offset", place, "--yes", bootstrap=bootstrap)
    of_reason = tidemill("dead", "replay", "images", "--reason", reason, "--yes", bootstrap=bootstrap)

    assert of_reason.out[1:] == ["1 left out: replayed before; --all takes them too", "1 sent again"]


def test_a_replay_of_all_leaves_nothing_to_a_replay_of_a_reason_whose_letters_are_older(
    bootstrap: str, tidemill: Tidemill
) -> None:
    put_letters(bootstrap, b"{", reason=Reason.NULL_VALUE)
    put_letters(bootstrap, b"{", b"{", b"{", reason=Reason.MISSING_KEY)
    tidemill("dead", "replay", "images", "--yes", bootstrap=bootstrap)

    of_reason = tidemill("dead", "replay", "images", "--reason", Reason.NULL_VALUE, bootstrap=bootstrap)

    assert of_reason.out[-1] == "0 would be sent again; add --yes to do it"


def test_letters_are_purged_only_when_told_to(real_kafka: str, tidemill: Tidemill) -> None:
    put_letters(real_kafka, b"{")

    dry = tidemill("dead", "purge", "images", bootstrap=real_kafka)
    done = tidemill("dead", "purge", "images", "--yes", bootstrap=real_kafka)
    left = tidemill("dead", "list", "images", bootstrap=real_kafka)

    count = dry.out[-1].partition(" ")[0]
    assert dry.out[-1] == f"{count} would be deleted; add --yes to do it"
    assert (done.code, done.out[-1]) == (0, f"{count} deleted")
    assert left.out == ["0 dead letters"]


def test_only_replayed_letters_are_purged_when_asked_for(real_kafka: str, tidemill: Tidemill) -> None:
    tidemill("dead", "purge", "news", "--yes", bootstrap=real_kafka)
    put_letters(real_kafka, b"{", topic=NewsArticlePublished.name)
    tidemill("dead", "replay", "news", "--yes", bootstrap=real_kafka)
    put_letters(real_kafka, b"{", topic=NewsArticlePublished.name)

    done = tidemill("dead", "purge", "news", "--replayed", "--yes", bootstrap=real_kafka)
    left = tidemill("dead", "list", "news", bootstrap=real_kafka)

    assert done.out[-1] == "1 deleted"
    assert left.out[-1] == "1 dead letters: 1 not_json"


def test_the_broker_in_memory_says_in_one_line_that_it_can_not_purge(
    memory_kafka: str, tidemill: Tidemill
) -> None:
    put_letters(memory_kafka, b"{")

    refused = tidemill("dead", "purge", "images", "--yes", bootstrap=memory_kafka)

    assert refused.code == 2
    assert len(refused.err) == 1
    assert "this broker can't delete records" in refused.err[0]
