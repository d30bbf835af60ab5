"""`tidemill play` into a broker: what is sent, what is left out, what is said, and the exit code."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from shared.bus.record import Record
from shared.events import CustomerMessageReceived
from tests.support.buses import kafka_bus, reading, until
from tests.unit.tidemill.reading.photos import HEIC_OF_A_TURNED_CAMERA
from tests.unit.tidemill.reading.texts import a_pipe
from tidemill.__main__ import main

ROOT = Path(__file__).parents[3]


Tidemill = Callable[..., tuple[object, str, list[str]]]


@pytest.fixture
def tidemill(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], memory_kafka: str
) -> Tidemill:
    """Return the command line, run in this process: a start of its own takes seconds.

    It returns the exit code, standard output, and the lines of standard error.
    """
    monkeypatch.setenv("TIDEMILL__KAFKA__BOOTSTRAP", memory_kafka)

    def run(*arguments: str | Path, given: bytes = b"") -> tuple[object, str, list[str]]:
        monkeypatch.setattr(sys, "argv", ["tidemill", *map(str, arguments)])
        with a_pipe(given) as stdin:
            monkeypatch.setattr(sys, "stdin", stdin)
            with pytest.raises(SystemExit) as ended:
                main()
        printed = capsys.readouterr()
        return ended.value.code, printed.out, printed.err.splitlines()

    return run


def started(*arguments: str, bootstrap: str) -> "subprocess.Popen[bytes]":
    """Start a command as a process, with pipes to it and from it."""
    return subprocess.Popen(
        [sys.executable, "-m", "tidemill", *arguments],
        cwd=ROOT,
        env={**os.environ, "TIDEMILL__KAFKA__BOOTSTRAP": bootstrap},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_csv_with_an_unclosed_quote_and_jsonl_with_half_an_emoji_lose_one_row_each(
    tidemill: Tidemill, tmp_path: Path
) -> None:
    csv, jsonl = tmp_path / f"{uuid4().hex}.csv", tmp_path / f"{uuid4().hex}.jsonl"
    csv.write_text('text,customer_id\none,k1\n"two,k2\nthree,k3\n', encoding="utf-8")
    lines = [json.dumps({"text": f"row {number}"}) for number in range(700)]
    lines[649] = r'{"text": "half \ud83d smile"}'
    jsonl.write_text("\n".join(lines), encoding="utf-8")

    of_csv = tidemill("play", csv, "--to", "messages")
    of_jsonl = tidemill("play", jsonl, "--to", "messages")

    sent = "events to customer.message_received.v1\n"
    assert of_csv == (
        1,
        f"sent 2 {sent}",
        [
            f"left out: {csv.name} line 3: a quote is opened and never closed",
            "tidemill: left out 1 of 3 rows",
        ],
    )
    assert of_jsonl == (
        1,
        f"sent 699 {sent}",
        [
            rf"left out: {jsonl.name} line 650: half a character in an escape, such as \ud83d alone",
            "tidemill: left out 1 of 700 rows",
        ],
    )


def test_many_reasons_are_cut_to_ten_and_counted_also_when_no_row_is_sent(
    tidemill: Tidemill, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_bytes(b"text,id\n" + b"a,b,c\n" * 25)

    code, sent, said = tidemill("play", rows, "--to", "messages")

    assert (code, sent, len(said)) == (1, "sent 0 events to customer.message_received.v1\n", 12)
    assert said[0].startswith("left out: rows.csv line 2: 3 cells, but the header has 2")
    assert said[-2:] == ["and 15 more", "tidemill: left out 25 of 25 rows"]


@pytest.mark.parametrize(
    ("form", "given"),
    [("csv", b"text;mood\nhello;sunny\nbye;rainy\n"), ("jsonl", b'{"text": "hello"}\n{"text": "bye"}')],
)
def test_standard_input_is_played(tidemill: Tidemill, form: str, given: bytes) -> None:
    done = tidemill("play", "-", "--as", form, "--to", "messages", given=given)

    assert done == (0, "sent 2 events to customer.message_received.v1\n", [])


def test_times_without_a_zone_and_text_in_cp1252_arrive_as_they_were_meant(
    tidemill: Tidemill, tmp_path: Path
) -> None:
    rows = tmp_path / f"{uuid4().hex}.csv"
    rows.write_bytes(
        "company;headline;occurred_at\nTessaro;It can\u2019t pay 20 \u20ac;2026-03-01 12:00\n".encode(
            "cp1252"
        )
    )
    options = ("--encoding", "cp1252", "--timezone", "Europe/Berlin")

    done = tidemill("play", rows, "--to", "news", *options)
    _, lines, _ = tidemill("watch", "news", "--json", "--from", "beginning", "--limit", "1")
    event = json.loads(lines)

    assert done == (0, "sent 1 events to news.article_published.v1\n", [])
    assert event["headline"] == "It can\u2019t pay 20 \u20ac"
    assert event["occurred_at"] in {"2026-03-01T12:00:00+01:00", "2026-03-01T11:00:00Z"}


def test_a_folder_of_phone_photos_is_sent_converted_counted_and_named(
    tidemill: Tidemill, tmp_path: Path
) -> None:
    for name in ("a.jpg", "b.HEIC", os.fsdecode(b"caf\xe9.jpg")):
        (tmp_path / name).write_bytes(HEIC_OF_A_TURNED_CAMERA)
    for name in ("c.tif", "d.mov", "e.mov"):
        (tmp_path / name).touch()
    (tmp_path / "gone.jpg").symlink_to("nowhere.jpg")
    (tmp_path / "album.jpg").mkdir()
    (tmp_path / "large.jpg").write_bytes(bytes(600 * 1024))

    code, sent, said = tidemill("play", tmp_path, "--to", "images", "--kind", "dish")

    assert code == 1
    assert sent.splitlines() == [
        "sent 3 events to image.received.v1",
        "converted from HEIC: 3, the first a.jpg",
        "passed over: 2 .mov, 1 .tif",
    ]
    assert said == [
        "left out: gone.jpg: a link to nowhere.jpg, which is not there",
        "left out: large.jpg: 600 KiB, allowed are 512; --shrink sends it smaller",
        "tidemill: left out 2 of 5 rows",
    ]


async def test_a_row_from_a_pipe_is_sent_while_the_pipe_is_open_and_one_ctrl_c_ends_it(
    memory_kafka: str,
) -> None:
    mark, topic = uuid4().hex.encode(), CustomerMessageReceived.name
    seen: list[Record] = []
    process = started("play", "-", "--as", "jsonl", "--to", "messages", bootstrap=memory_kafka)
    assert process.stdin is not None

    async with reading(kafka_bus(memory_kafka), topic) as consumer, asyncio.timeout(40):
        process.stdin.write(b'{"text": "%s"}\n' % mark)
        process.stdin.flush()
        await until(lambda: any(mark in (record.value or b"") for record in seen), consumer, seen)
        process.send_signal(signal.SIGINT)
        _, said = await asyncio.to_thread(process.communicate)

    assert (process.returncode, said) == (130, b"")
