"""Each client library has one home, and no module wants anything of its environment when it is imported."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("evaluation", "services", "shared", "tidemill")
HOMES: dict[str, str | tuple[str, ...]] = {
    "aiokafka": "shared/bus/kafka/",
    "limits": "services/gateway/guard/",
    "redis": "shared/cache/",
    "tritonclient": (
        "shared/inference/triton.py",
        "shared/inference/status.py",
        "shared/repository/config.py",
    ),
    "grpc": "shared/inference/",
    "faust": "shared/stateful/",
    "torch": "training/",
    "transformers": "training/",
}


def imported(path: Path) -> set[str]:
    """Return the top-level packages that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    return {name.partition(".")[0] for name in names}


def imported_names(path: Path) -> set[str]:
    """Return every name that a file imports from a module, without the module's own."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    return {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}


def modules() -> list[Path]:
    """Return every file of the parts that run in production, relative to the root."""
    return [path.relative_to(ROOT) for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("library", HOMES)
def test_a_client_library_is_imported_in_its_home_only(library: str) -> None:
    strangers = [
        str(path)
        for path in modules()
        if library in imported(ROOT / path) and not str(path).startswith(HOMES[library])
    ]

    assert strangers == []


def test_one_module_knows_the_form_of_tritons_configs() -> None:
    knowing = [
        str(path.relative_to(ROOT))
        for folder in (*FOLDERS, "benchmarks", "deploy", "tests", "training")
        for path in (ROOT / folder).rglob("*.py")
        if {"model_config_pb2", "text_format"} & imported_names(path)
    ]

    assert knowing == ["shared/repository/config.py"]


def test_every_module_can_be_imported_with_an_empty_environment() -> None:
    names = [".".join(path.with_suffix("").parts) for path in modules()]
    lines = [f"import {name.removesuffix('.__init__')}" for name in names]

    run = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=ROOT,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.stderr == ""
    assert run.returncode == 0
