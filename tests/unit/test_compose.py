"""docker-compose.yml says what the code says: commands, ports, topics, models and settings."""

import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from shared.catalogue import DASHBOARD, DEAD_TOPICS, GATEWAY, MODELS, SERVICES, Service
from shared.events import BY_NAME
from tests.support.settings import SETTINGS
from tidemill.connect import Connection
from tidemill.parts import USUAL_PORTS

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
CLI: dict[str, Any] = COMPOSE["services"]["cli"]
OURS = {
    name: each for name, each in COMPOSE["services"].items() if each["image"] == "tidemill" and name != "cli"
}


def module_of(service: Mapping[str, Any]) -> str:
    python, flag, module = service["command"]
    assert (python, flag) == ("python", "-m")
    return str(module)


def settings_field(settings: type[BaseModel], path: list[str]) -> type[Any] | None:
    """Return the type of the setting at `path`, None when there is none."""
    field = settings.model_fields.get(path[0].lower())
    if field is None or len(path) == 1:
        return None if field is None else type(field)
    group = next((each for each in (field.annotation, *get_args(field.annotation)) if is_model(each)), None)
    return None if group is None else settings_field(group, path[1:])


def is_model(candidate: object) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, BaseModel)


def triton_models(name: str) -> set[str]:
    command = COMPOSE["services"][name]["command"]
    return {
        argument.removeprefix("--load-model=") for argument in command if argument.startswith("--load-model=")
    }


def test_every_service_that_the_command_line_knows_is_there() -> None:
    expected = {service.name: service.module for service in SERVICES}

    assert {name: module_of(each) for name, each in OURS.items()} == expected


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_a_module_that_can_be_run(name: str) -> None:
    assert find_spec(f"{module_of(OURS[name])}.__main__") is not None


@pytest.mark.parametrize("name", OURS)
def test_every_setting_exists(name: str) -> None:
    settings = SETTINGS[module_of(OURS[name])]
    variables = [each for each in OURS[name]["environment"] if each.startswith("TIDEMILL__")]

    unknown = [each for each in variables if settings_field(settings, each.split("__")[1:]) is None]

    assert variables
    assert unknown == []


def test_the_command_line_knows_every_service_and_writes_where_the_worker_reads() -> None:
    environment = CLI["environment"]
    addresses = json.loads(environment["TIDEMILL__SERVICES"])

    assert addresses == {name: f"http://{name}:8080" for name in OURS}
    assert all(settings_field(Connection, variable.split("__")[1:]) for variable in environment)
    assert (
        environment["TIDEMILL__INTENTS_FILE"]
        == OURS["inference-messages"]["environment"]["TIDEMILL__INTENTS_FILE"]
    )
    assert set(CLI["volumes"]) == set(OURS["inference-messages"]["volumes"])


def test_keys_are_written_where_the_gateway_reads_them() -> None:
    assert CLI["environment"]["TIDEMILL__KEYS_FILE"] == OURS["gateway"]["environment"]["TIDEMILL__KEYS_FILE"]
    assert set(CLI["volumes"]) == set(OURS["gateway"]["volumes"])


@pytest.mark.parametrize("service", [GATEWAY, DASHBOARD], ids=lambda service: service.name)
def test_gateway_and_dashboard_are_reached_from_the_host_alone_at_the_ports_that_the_documents_name(
    service: Service,
) -> None:
    port = USUAL_PORTS[service.name]

    assert OURS[service.name]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert OURS[service.name]["environment"][f"TIDEMILL__{service.name.upper()}__HOST"] == "0.0.0.0"  # noqa: S104 - within the container


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_service_gets_what_tells_it_apart(service: Service) -> None:
    environment = OURS[service.name]["environment"]

    assert {name: environment.get(name) for name in service.env} == service.env


@pytest.mark.parametrize("name", OURS)
def test_the_settings_as_written_are_accepted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in OURS[name]["environment"].items():
        here = str(value).replace("${TRITON:-triton:8001}", "triton:8001").replace("/app/", f"{ROOT}/")
        monkeypatch.setenv(variable, here)

    settings: Any = SETTINGS[module_of(OURS[name])].from_environment()

    assert settings.kafka.bootstrap == "kafka:9092"
    assert f":{settings.http.port}/" in str(OURS[name]["healthcheck"]["test"])


def test_every_topic_is_created_with_the_dead_letters_of_what_our_services_read() -> None:
    created = set(COMPOSE["services"]["topics"]["environment"]["TOPICS"].split())

    assert created == {*BY_NAME, *DEAD_TOPICS}


def test_services_wait_for_their_topics() -> None:
    assert all(
        each["depends_on"]["topics"]["condition"] == "service_completed_successfully"
        for each in OURS.values()
    )


@pytest.mark.parametrize("name", ["triton", "triton-gpu"])
def test_triton_loads_the_models_that_the_streams_ask_and_takes_no_other_by_itself(name: str) -> None:
    assert triton_models(name) == set(MODELS)
    assert "--model-control-mode=explicit" in COMPOSE["services"][name]["command"]


def test_the_gpu_is_a_profile_with_its_own_model_configuration() -> None:
    gpu = COMPOSE["services"]["triton-gpu"]

    assert gpu["profiles"] == ["gpu"]
    assert "--model-config-name=gpu" in gpu["command"]
    assert gpu["deploy"]["resources"]["reservations"]["devices"][0]["capabilities"] == ["gpu"]
    assert "profiles" not in COMPOSE["services"]["triton"]


def test_nothing_listens_beyond_this_machine() -> None:
    ports = [port for each in COMPOSE["services"].values() for port in each.get("ports", [])]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_dockerfile_copies_what_exists_and_runs_as_nobody_special() -> None:
    lines = (ROOT / "deploy/docker/Dockerfile").read_text(encoding="utf-8").splitlines()

    copied = [name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]]

    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert any(line.startswith("USER ") and line != "USER root" for line in lines)
