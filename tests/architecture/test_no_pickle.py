"""Nothing of ours takes an object apart that it did not make: no unpickling, by whatever name."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("benchmarks", "deploy", "services", "shared", "tests", "tidemill", "training")
UNPICKLERS = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
READS = {"load", "loads", "open", "Unpickler", "DbfilenameShelf", "read_pickle"}


def unpicklings(source: str) -> list[int]:
    """Return the lines on which a source could run what is hidden in bytes.

    These are: taking a name that unpickles out of its module, torch.load without weights_only=True,
    numpy's load with allow_pickle, and read_pickle of anything.
    """
    return sorted({line for node in ast.walk(ast.parse(source)) for line in _in_node(node)})


def _in_node(node: ast.AST) -> Iterator[int]:
    if isinstance(node, ast.ImportFrom):
        from_one = (node.module or "").partition(".")[0] in UNPICKLERS
        if from_one and {alias.name for alias in node.names} & {*READS, "*"}:
            yield node.lineno
    if isinstance(node, ast.Attribute) and node.attr in READS and _module(node) in UNPICKLERS:
        yield node.lineno
    if isinstance(node, ast.Call):
        yield from _in_call(node)


def _in_call(call: ast.Call) -> Iterator[int]:
    words = {word.arg: word.value for word in call.keywords}
    name = ast.unparse(call.func)
    if name == "torch.load" and not _is(words.get("weights_only"), value=True):
        yield call.lineno
    if name.endswith("read_pickle") or not _is(words.get("allow_pickle"), value=False, missing=True):
        yield call.lineno


def _module(node: ast.Attribute) -> str:
    return ast.unparse(node.value).partition(".")[0]


def _is(node: ast.expr | None, *, value: bool, missing: bool = False) -> bool:
    return missing if node is None else isinstance(node, ast.Constant) and node.value is value


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_of_ours_unpickles(folder: str) -> None:
    sources = sorted((ROOT / folder).rglob("*.py"))

    found = {
        str(path.relative_to(ROOT)): lines
        for path in sources
        if (lines := unpicklings(path.read_text(encoding="utf-8")))
    }

    assert sources
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle\npickle.loads(b)",
        "import pickle\nread = pickle.load",
        "from pickle import loads",
        "from pickle import *",
        "import pickle\nclass Mine(pickle.Unpickler): ...",
        "import joblib\njoblib.load(p)",
        "import shelve\nshelve.open(p)",
        "import marshal\nmarshal.loads(b)",
        "import torch\ntorch.load(p)",
        "import torch\ntorch.load(p, weights_only=False)",
        "import torch\ntorch.load(p, weights_only=safe)",
        "import numpy as np\nnp.load(p, allow_pickle=True)",
        "import pandas as pd\npd.read_pickle(p)",
    ],
)
def test_each_way_to_unpickle_is_seen(source: str) -> None:
    assert unpicklings(source) == [len(source.splitlines())]


@pytest.mark.parametrize(
    "source",
    [
        "import pickle\ntry: ...\nexcept pickle.UnpicklingError: ...",
        "import torch\ntorch.load(p, weights_only=True)",
        "import numpy as np\nnp.load(p, allow_pickle=False)",
        "import json\njson.loads(t)",
    ],
)
def test_what_unpickles_nothing_is_let_through(source: str) -> None:
    assert unpicklings(source) == []


@pytest.mark.parametrize("service", ["inference", "sentiment_alerts", "support_bot"])
def test_no_service_loads_a_library_whose_trade_is_unpickling(service: str) -> None:
    # Not pickle itself: the standard library and numpy import it, and never call it for us.
    ask = f"import sys, services.{service}.__main__; print(*sorted(sys.modules))"

    run = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, env={}, capture_output=True, text=True, check=True
    )

    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert f"services.{service}.app" in run.stdout.split()
    assert loaded & {"cloudpickle", "dill", "joblib", "shelve", "torch", "sklearn", "pandas"} == set()
