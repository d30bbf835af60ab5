"""What stands in the list of services."""

from pathlib import Path

from services.inference.streams import plans
from shared.inference.prototypes import IntentsFile
from tidemill.services import SERVICES


def test_what_steps_back_is_asked_by_bulk_services_alone() -> None:
    streams = plans(IntentsFile(Path("no intents were added")))
    models = {name: {task.model for task in plan.tasks} for name, plan in streams.items()}
    bulk = {
        service.env["TIDEMILL__STREAM"]: service.bulk_models for service in SERVICES if service.bulk_models
    }

    assert {stream: set(named) for stream, named in bulk.items()} == {"news": models["news"]}
    assert not models["news"] & (models["messages"] | models["images"])
