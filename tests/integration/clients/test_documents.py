"""AsyncAPI document: valid for its own parser, and enough for others to make typed classes from."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from shared.events import BY_NAME, Event
from tests.architecture.asyncapi import DOCUMENT
from tests.contract.examples import example
from tests.support.npm import node_modules

PARSER = "@asyncapi/parser@3.6.3"
VALIDATE = Path(__file__).with_name("validate.mjs")
INFORMATION = "2"
EVENTS = pytest.mark.parametrize("event", BY_NAME.values(), ids=list(BY_NAME))


def faults(document: Path) -> list[str]:
    """Return what the parser of AsyncAPI has against a document; information is no fault."""
    environment = {**os.environ, "NODE_PATH": str(node_modules("asyncapi", PARSER))}
    command = ["node", str(VALIDATE), str(document)]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert said.returncode == 0, said.stderr
    return [line for line in said.stdout.splitlines() if not line.startswith(INFORMATION)]


def test_the_document_is_valid_asyncapi() -> None:
    assert faults(DOCUMENT) == []


def test_a_document_with_an_unknown_action_is_not(tmp_path: Path) -> None:
    wrong = tmp_path / "asyncapi.json"
    wrong.write_text(DOCUMENT.read_text(encoding="utf-8").replace('"action": "send"', '"action": "emit"'))

    assert faults(wrong) != []


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """Return the module that datamodel-code-generator makes of the document."""
    file = tmp_path_factory.mktemp("generated") / "tidemill_generated.py"
    command = [sys.executable, "-W", "ignore", "-m", "datamodel_code_generator", "--formatters", "builtin"]
    kinds = ["--input-file-type", "asyncapi", "--output-model-type", "pydantic_v2.BaseModel"]
    said = subprocess.run(
        [*command, *kinds, "--input", str(DOCUMENT), "--output", str(file)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert said.returncode == 0, said.stderr
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return module


@EVENTS
def test_a_generated_class_reads_the_golden_example(generated: ModuleType, event: type[Event]) -> None:
    record = example(event)

    read = getattr(generated, event.__name__).model_validate(record["payload"])

    assert str(read.event_id) == record["payload"]["event_id"]
    assert getattr(read, event.key_field) == record["payload"][event.key_field]
    assert type(read).model_fields.keys() == event.model_fields.keys()
