"""The subscriber in Python of docs/contract.md, run as it stands there."""

import sys
from pathlib import Path

import pytest

from deploy.local.paths import ROOT
from shared.bus.kafka.bus import KafkaBus
from shared.bus.record import Outgoing
from shared.settings import KafkaSettings
from tests.support.programs import printing
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


async def test_the_subscriber_of_the_page_prints_a_route(bootstrap: str, tmp_path: Path) -> None:
    route = a_route(a_message("Where is my card?"), reply="On its way.")
    producer = KafkaBus(KafkaSettings(bootstrap=bootstrap)).producer()
    await producer.start()
    await producer.publish([Outgoing(route.name, route.key, route.to_json())])
    await producer.stop()
    subscriber = tmp_path / "subscriber.py"
    subscriber.write_text(program(), encoding="utf-8")

    with printing([sys.executable, str(subscriber)], {"TIDEMILL__KAFKA__BOOTSTRAP": bootstrap}) as lines:
        printed = lines.get(timeout=PRINTS_WITHIN_S)

    assert printed == f"{route.lane} {route.queue} Where is my card?\n"
