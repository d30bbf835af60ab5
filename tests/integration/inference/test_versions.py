"""The commands that docs/operations.md gives for a new version, with the embedded Triton while it answers."""

import asyncio
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import numpy as np
import pytest

from deploy.local.paths import MODELS, ROOT
from deploy.local.supervisor import Supervisor
from deploy.local.triton import ADMIN_HEADER, TritonServer
from deploy.local.triton_setup import ensure_triton
from shared.inference.port import ModelSpec
from shared.inference.triton import TritonRunner
from shared.repository.bundle import ModelBundle
from shared.serving.versions import VersionWatch

MODEL = "identity"
IDS = {"input_ids": np.ones((1, 4), dtype=np.int32)}
BRING, TAKE_BACK = re.findall(
    r"```sh\n(.*?)```",
    (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").split("## Bring a new version")[1],
    re.DOTALL,
)[:2]


@pytest.fixture
async def triton(tmp_path: Path) -> AsyncIterator[TritonServer]:
    """Triton with a repository of its own, which holds version 1."""
    shutil.copytree(MODELS / MODEL, tmp_path / "models" / MODEL)
    install = ensure_triton(lambda _: None)
    server = TritonServer(models=tmp_path / "models", served=tmp_path / "served", install=install)
    async with Supervisor(logs=tmp_path, on_event=lambda _: None) as supervisor:
        await supervisor.start([server.part()])
        yield server


@pytest.fixture
async def runner(triton: TritonServer) -> AsyncIterator[TritonRunner]:
    """Give the way to it."""
    runner = TritonRunner(triton.grpc)
    yield runner
    await runner.aclose()


@pytest.fixture
async def watch(triton: TritonServer, runner: TritonRunner) -> VersionWatch[str]:
    """Return what a worker has that serves version 1 and looks for others."""

    async def version_of(bundle: ModelBundle, _served: ModelSpec) -> str:
        return bundle.version

    watch = VersionWatch(runner, triton.served, MODEL, version_of)
    assert await watch.first(timeout_s=10.0) == "1"
    return watch


async def follow(commands: str, triton: TritonServer) -> None:
    """Do what the page says for another model, in this repository, with the key of this Triton."""
    ours = {
        "tidemill models": f"{sys.executable} -m tidemill models",
        "/tmp/trained/support_intent": MODELS / MODEL,  # noqa: S108 - as the page says
        "support_intent": MODEL,
        "docker compose exec triton curl": f"curl -H '{ADMIN_HEADER}: {triton.admin_key}'",
        "http://127.0.0.1:8000": triton.http,
    }
    for theirs, our in ours.items():
        assert theirs in BRING
        commands = commands.replace(theirs, str(our))
    for_workers = ("curl -s http://WORKER", "tidemill intents")
    lines = [line for line in commands.splitlines() if not line.startswith(for_workers)]
    where = f"export TIDEMILL__MODELS_DIR={triton.served}"
    shell = await asyncio.create_subprocess_exec("bash", "-ec", "\n".join([where, *lines]))
    assert await shell.wait() == 0


@asynccontextmanager
async def answering(runner: TritonRunner, version: str) -> AsyncIterator[None]:
    """Ask a version all the time; each answer must come."""
    done = asyncio.Event()

    async def ask() -> int:
        count = 0
        while not done.is_set():
            await runner.infer(MODEL, version, IDS, ("logits",))
            count += 1
        return count

    asking = asyncio.create_task(ask())
    try:
        yield
    finally:
        done.set()
    assert await asking > 0


async def test_a_version_comes_and_goes_by_the_commands_of_the_page_while_the_old_one_answers(
    triton: TritonServer, runner: TritonRunner, watch: VersionWatch[str]
) -> None:
    took_over = []

    async with answering(runner, "1"):
        for commands in (BRING, TAKE_BACK, BRING):
            await follow(commands, triton)
            took_over.append(await watch.look())

    assert took_over == ["2", "1", "3"]


async def test_a_version_that_triton_can_not_load_leaves_the_old_one_serving(
    triton: TritonServer, runner: TritonRunner, watch: VersionWatch[str]
) -> None:
    broken = triton.served / MODEL / "2"
    shutil.copytree(MODELS / MODEL / "1", broken)
    (broken / "model.onnx").write_bytes(b"no model")

    async with (
        answering(runner, "1"),
        aiohttp.ClientSession(triton.http, headers={ADMIN_HEADER: triton.admin_key}) as session,
        session.post(f"/v2/repository/models/{MODEL}/load", json={}) as answer,
    ):
        status, took_over = answer.status, await watch.look()

    assert status == 400
    assert took_over is None
    assert watch.serving == "1"
