"""The commands as people type them, against a real protocol: what they print and how they exit."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.local.paths import RUN_DIR
from deploy.local.ports import free_port
from shared.bus.kafka.bus import KafkaBus
from shared.events import CustomerMessageReceived
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


def test_lag_knows_the_groups_of_all_services(bootstrap: str) -> None:
    asked = tidemill("lag", bootstrap=bootstrap)

    assert asked.returncode == 0
    assert "records behind in all" in asked.stdout


async def test_lag_says_that_a_group_is_beyond_the_end_and_skip_lost_puts_it_back(bootstrap: str) -> None:
    group, place = f"restored-{uuid4()}", TopicPartition(CustomerMessageReceived.name, 0)
    await KafkaBus(KafkaSettings(bootstrap=bootstrap)).create_topics([place.topic], partitions=4)
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
