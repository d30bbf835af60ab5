"""Records of the Java example have the fields of the events."""

import re

import pytest
from pydantic import BaseModel

from deploy.local.paths import ROOT
from shared.events import Evidence, Prediction, SentimentAlertRaised, SupportMessageRouted

FOLDER = ROOT / "clients" / "java" / "src" / "main" / "java" / "tidemill"


@pytest.mark.parametrize("model", [Evidence, Prediction, SentimentAlertRaised, SupportMessageRouted])
def test_a_record_has_the_fields_of_its_event(model: type[BaseModel]) -> None:
    source = (FOLDER / f"{model.__name__}.java").read_text(encoding="utf-8")
    _, _, components = source.partition(f"record {model.__name__}(")
    names = [component.split()[-1] for component in components.partition(")")[0].split(",")]

    fields = [re.sub(r"([A-Z])", lambda letter: f"_{letter[1].lower()}", name) for name in names]

    assert fields == list(model.model_fields)
