"""The commands as people type them, against a real protocol: what they print and how they exit."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local.paths import RUN_DIR
from deploy.local.ports import free_port
from shared.bus.dead_letters import dead_letter
from shared.bus.kafka.bus import KafkaBus
from shared.bus.record import Partition, Record
from shared.errors import RejectedError
from shared.events import CustomerMessageReceived, ImageReceived
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
    bootstrap: str, value: bytes | None, *, reason: Reason = Reason.NOT_JSON, more_headers: Headers = ()
) -> None:
    record = Record(Partition(ImageReceived.name, 1), 7, b"case", value, (("mine", b"kept"),), 0)
    producer = KafkaBus(KafkaSettings(bootstrap=bootstrap)).producer()
    await producer.start()
    try:
        letter = dead_letter(record, RejectedError(reason, "expected value"), group="g")
        await producer.publish([replace(letter, headers=letter.headers + more_headers)])
    finally:
        await producer.stop()


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
    where = re.findall(r"^(\d+:\d+) +not_json", listed.stdout, re.MULTILINE)[-1]
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


def test_lag_knows_the_groups_of_all_services(bootstrap: str) -> None:
    asked = tidemill("lag", bootstrap=bootstrap)

    assert asked.returncode == 0
    assert "records behind in all" in asked.stdout


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
