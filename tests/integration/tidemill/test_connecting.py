"""The subscriber in Python of docs/contract.md, run as it stands there."""

import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local.paths import ROOT
from shared.bus.kafka.bus import KafkaBus
from shared.bus.record import Outgoing
from shared.settings import KafkaSettings
from tests.unit.tidemill.events import a_message, a_route

PAGE = ROOT / "docs" / "contract.md"
PRINTS_WITHIN_S = 40.0


@pytest.fixture(params=["memory_kafka", "real_kafka"])
def bootstrap(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


def program() -> str:
    """Return the one program in Python on the page."""
    _, _, rest = PAGE.read_text(encoding="utf-8").partition("```python\n")
    return rest.partition("```")[0]


@contextmanager
def printing(file: Path, bootstrap: str) -> Iterator["queue.Queue[str]"]:
    """Yield the lines that a program prints, as they come."""
    lines: queue.Queue[str] = queue.Queue()
    environment = {**os.environ, "TIDEMILL__KAFKA__BOOTSTRAP": bootstrap}
    with subprocess.Popen(
        [sys.executable, str(file)], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        listener = threading.Thread(target=lambda: deque(map(lines.put, process.stdout or ()), maxlen=0))
        listener.start()
        try:
            yield lines
        finally:
            process.terminate()
            listener.join()


async def test_the_subscriber_of_the_page_prints_a_route(bootstrap: str, tmp_path: Path) -> None:
    route = a_route(a_message("Where is my card?"), reply="On its way.")
    producer = KafkaBus(KafkaSettings(bootstrap=bootstrap)).producer()
    await producer.start()
    await producer.publish([Outgoing(route.name, route.key, route.to_json())])
    await producer.stop()
    subscriber = tmp_path / "subscriber.py"
    subscriber.write_text(program(), encoding="utf-8")

    with printing(subscriber, bootstrap) as lines:
        printed = lines.get(timeout=PRINTS_WITHIN_S)

    assert printed == f"{route.lane} {route.queue} Where is my card?\n"
