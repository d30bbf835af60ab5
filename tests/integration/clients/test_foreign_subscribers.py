"""An engineer's first hour: examples in three languages, set up as their pages say, read routes and alerts.

Each is built from nothing but its folder, the documents and packages, and none imports the project.
"""

import json
import shutil
import site
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deploy.local.paths import KAFKA_LIBS, ROOT, STACK
from shared.bus.kafka.bus import KafkaBus
from shared.bus.record import Outgoing
from shared.events import Event, SentimentAlertRaised, SupportMessageRouted
from shared.settings import KafkaSettings
from tests.architecture.asyncapi import DOCUMENT
from tests.contract.examples import example
from tests.support.buses import publish
from tests.support.npm import cannot_run, node_modules
from tests.support.programs import finished, printing

CLIENTS = ROOT / "clients"
EXAMPLE_IN_PYTHON = CLIENTS / "python" / "examples" / "subscriber.py"
PRINTS_WITHIN_S = 40.0


@dataclass(frozen=True, slots=True)
class Program:
    """Subscriber of one language, ready to run."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the interpreter of a fresh environment that has the package, aiokafka and pydantic."""
    place = tmp_path_factory.mktemp("python")
    venv.create(place / "venv", symlinks=True)
    interpreter = place / "venv" / "bin" / "python"
    (packages,) = (place / "venv" / "lib").glob("python*/site-packages")
    # Its dependencies come from our own environment; a .pth there is not followed, so the project is unknown.
    (packages / "dependencies.pth").write_text(site.getsitepackages()[0], encoding="utf-8")
    source = place / "tidemill"
    for part in ("clients/python", "shared"):  # a copy, as a build leaves files beside its sources
        shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("build", "*.egg-info"))
    pip = [sys.executable, "-m", "pip", "--python", str(interpreter), "install", "--quiet", "--no-deps"]
    finished([*pip, "--no-index", "--no-build-isolation", str(source / "clients" / "python")])
    return interpreter


@pytest.fixture(scope="session")
def typescript(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the folder with its packages, compiled."""
    folder = tmp_path_factory.mktemp("typescript") / "client"
    shutil.copytree(CLIENTS / "typescript", folder, ignore=shutil.ignore_patterns("node_modules", "dist"))
    wanted = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    packages = wanted["dependencies"] | wanted["devDependencies"]
    modules = node_modules("typescript", *(f"{name}@{version}" for name, version in packages.items()))
    (folder / "node_modules").symlink_to(modules)
    finished([str(modules / ".bin" / "tsc")], cwd=folder)
    return folder


@pytest.fixture(scope="session")
def java(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the compiled classes."""
    if shutil.which("javac") is None:
        cannot_run("needs javac")
    classes = tmp_path_factory.mktemp("java")
    sources = [str(path) for path in (CLIENTS / "java").rglob("*.java")]
    finished(["javac", "-cp", f"{KAFKA_LIBS}/*", "-d", str(classes), *sources])
    return classes


@pytest.fixture
def in_python(python: Path) -> Program:
    return Program((str(python), str(EXAMPLE_IN_PYTHON)))


@pytest.fixture
def in_typescript(typescript: Path) -> Program:
    return Program(("node", str(typescript / "dist" / "subscriber.js")))


@pytest.fixture
def in_java(java: Path) -> Program:
    return Program(("java", "-Xmx128m", "-cp", f"{java}:{KAFKA_LIBS}/*", "tidemill.Subscriber"))


def record(event: type[Event]) -> Outgoing:
    """Return the golden example of an event as a record."""
    golden = example(event)
    headers = tuple((name, text.encode()) for name, text in golden["headers"].items())
    value = json.dumps(golden["payload"] | {"field_of_a_later_version": 1}).encode()
    return Outgoing(event.name, golden["payload"][event.key_field].encode(), value, headers)


@pytest.mark.parametrize("language", ["in_python", "in_typescript", "in_java"])
async def test_a_subscriber_reads_routes_and_alerts_with_types(
    request: pytest.FixtureRequest, real_kafka: str, language: str, tmp_path: Path
) -> None:
    program: Program = request.getfixturevalue(language)
    bus = KafkaBus(KafkaSettings(bootstrap=real_kafka))
    records = [record(SupportMessageRouted), record(SentimentAlertRaised)]
    await bus.create_topics([each.topic for each in records], partitions=2)
    await publish(bus, [*records, *records])  # each twice, as after a crash

    with printing(program.command, {"TIDEMILL__KAFKA__BOOTSTRAP": real_kafka}, cwd=tmp_path) as lines:
        printed: list[str] = []
        while not {"route", "alert"} <= {line.partition(" ")[0] for line in printed}:
            printed.append(lines.get(timeout=PRINTS_WITHIN_S))

    assert printed.count("route auto cards Where is my card?\n") == 1
    assert printed.count("alert Norvale Foods 5 9\n") == 1


def test_the_example_in_python_passes_a_type_checker(python: Path, tmp_path: Path) -> None:
    checker = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python)]
    cache = str(STACK / "clients" / "mypy")

    finished([*checker, "--cache-dir", cache, str(EXAMPLE_IN_PYTHON)], cwd=tmp_path)


def test_the_package_in_python_has_none_of_our_other_code(python: Path, tmp_path: Path) -> None:
    program = "import sys, tidemill_events; print(*{name.partition('.')[0] for name in sys.modules})"

    imported = finished([str(python), "-c", program], cwd=tmp_path).split()

    assert "tidemill_events" in imported
    assert {"shared", "services", "tidemill"}.isdisjoint(imported)


def test_the_types_in_typescript_are_those_of_the_document(typescript: Path) -> None:
    generated = finished(["node", "generate.mjs", str(DOCUMENT)], cwd=typescript)

    written = (CLIENTS / "typescript" / "src" / "events.ts").read_text(encoding="utf-8")
    assert written == generated, "run in clients/typescript: npm run generate"
