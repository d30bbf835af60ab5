"""The curl lines of the README work as they stand, at the stack that `tidemill run` starts."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tenacity import retry, retry_if_result, stop_after_attempt, stop_after_delay, wait_fixed

from tests.e2e.runs import ROOT, a_run, tidemill

USUAL = "http://127.0.0.1:8000"
BASH = "/bin/bash"
ENDS_AFTER_S = 60


def curl_lines() -> list[str]:
    """Return the commands of the README's section about HTTP."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Over HTTP")[2]
    [block] = re.findall(r"```sh\n(.*?)```", section.partition("\n## ")[0], re.DOTALL)
    lines = block.replace("\\\n", "").splitlines()
    return [line for line in lines if line.startswith("curl ")]


@pytest.fixture(scope="module")
def gateway() -> Iterator[str]:
    """Yield the address of the gateway of a running stack: the README's, where nobody has that port."""
    if not shutil.which("curl") and os.environ.get("CI") != "true":
        pytest.skip("there is no curl")
    with a_run():
        # The addresses are told a moment after the last part is ready.
        told = retry(wait=wait_fixed(0.2), stop=stop_after_delay(20))(tidemill)("env", "--json")
        yield json.loads(told)["TIDEMILL__GATEWAY_URL"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a photo in it."""
    Image.new("RGB", (64, 48), "peru").save(tmp_path / "photo.jpg")
    return tmp_path


def answer_to(command: str, gateway: str, folder: Path) -> dict[str, Any]:
    """Return the JSON that a command prints."""
    words = (BASH, "-c", command.replace(USUAL, gateway))
    done = subprocess.run(words, cwd=folder, capture_output=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_the_questions_of_the_readme_are_answered_by_the_models(gateway: str, folder: Path) -> None:
    _, one, several, image, _ = curl_lines()

    answers = [answer_to(each, gateway, folder) for each in (one, several, image)]

    assert answers[0]["sentiment"] == "positive"
    assert [item["sentiment"] for item in answers[1]["items"]] == ["positive", "negative"]
    assert answers[2]["decision"]["model"] == "dish_photo"


def test_the_message_of_the_readme_is_decided_in_the_same_call_and_streamed(
    gateway: str, folder: Path
) -> None:
    message, *_, stream = curl_lines()

    with streamed(stream, gateway) as lines:
        next(lines)  # the stream has begun
        # Who has waited in vain on a slow machine may ask again.
        until_done = retry(
            retry=retry_if_result(lambda answer: answer["status"] != "done"), stop=stop_after_attempt(10)
        )
        decided = until_done(answer_to)(message, gateway, folder)
        route = json.loads(next(line for line in lines if line.startswith("data: {")).removeprefix("data:"))

    assert decided["results"][-1]["type"] == "support.message_routed.v1"
    assert "Where is my card?" in json.dumps(route)


@contextmanager
def streamed(command: str, gateway: str) -> Iterator[Iterator[str]]:
    """Yield the lines of a stream, which ends after a minute at the latest."""
    words = ("/usr/bin/timeout", str(ENDS_AFTER_S), BASH, "-c", f"exec {command.replace(USUAL, gateway)}")
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as streaming:
        try:
            yield iter(streaming.stdout or ())
        finally:
            streaming.terminate()
