"""Fetches the jars of a real Apache Kafka by Maven."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from deploy.local.paths import KAFKA_LIBS
from shared.errors import ConfigError

POM = Path(__file__).with_name("pom.xml")


def missing_tools() -> list[str]:
    """Return the programs that a real Kafka needs and the PATH lacks."""
    return [tool for tool in ("java", "mvn") if not shutil.which(tool)]


def ensure_kafka(say: Callable[[str], None], libs: Path = KAFKA_LIBS) -> Path:
    """Return the folder of Kafka's jars; fetch them when they are missing or the pom changed.

    Raises: ConfigError when Java or Maven is missing or Maven fails; the text names the cure.
    """
    stamp = libs / "pom.xml"
    if stamp.is_file() and stamp.read_bytes() == POM.read_bytes():
        return libs
    if missing := missing_tools():
        raise ConfigError(
            f"a real Kafka needs {' and '.join(missing)}: install a JDK 17 and Maven, or use --kafka memory"
        )
    say("Kafka: jars of Apache Kafka 4.1 by Maven (54 MB)")
    shutil.rmtree(libs, ignore_errors=True)
    _copy_dependencies(libs)
    shutil.copy(POM, stamp)
    return libs


def _copy_dependencies(libs: Path) -> None:
    maven = shutil.which("mvn") or "mvn"
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={libs}"]
    run = subprocess.run(
        [maven, "-q", "-B", "-f", str(POM), *goal], check=False, capture_output=True, text=True
    )
    if run.returncode:
        lines = [line for line in run.stdout.splitlines() if "ERROR" in line] or ["no reason given"]
        raise ConfigError(f"Maven could not fetch Kafka: {lines[0]}; check its settings and the network")
