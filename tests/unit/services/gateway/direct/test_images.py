"""Images in a request: a file, a form or JSON, each with a kind; other shapes are refused."""

from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.direct_calls import DirectCalls, direct_calls

PATH = "/v1/classify/image"
FILE = b"GIF89a"
BASE64 = b64encode(FILE).decode()
PNG = {"Content-Type": "image/png"}


@pytest.fixture
async def calls(tmp_path: Path) -> AsyncIterator[DirectCalls]:
    """Yield a gateway without models for images."""
    async with direct_calls(tmp_path) as calls:
        yield calls


@pytest.mark.parametrize(
    "sent",
    [
        {"json": {"kind": "digit", "image": BASE64}},
        {"json": {"kind": "digit", "images": [BASE64] * 64}},
        {"params": {"kind": "digit"}, "content": FILE, "headers": PNG},
        {
            "params": {"kind": "digit"},
            "content": FILE,
            "headers": {"Content-Type": "application/octet-stream"},
        },
        {"data": {"kind": "digit"}, "files": {"image": FILE}},
        {"params": {"kind": "digit"}, "files": [("images", FILE), ("images", FILE)]},
    ],
)
async def test_each_form_of_images_is_read_as_far_as_the_model_that_it_names(
    calls: DirectCalls, sent: dict[str, Any]
) -> None:
    answer = await calls.client.post(PATH, **sent)

    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/model-away")
    assert answer.json()["reason"] == "digit"


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"json": {"image": BASE64}}, "#/kind"),
        ({"json": {"kind": "cat", "image": BASE64}}, "#/kind"),
        ({"json": {"kind": "dish", "images": [BASE64] * 65}}, "#/images"),
        ({"json": {"kind": "dish", "images": []}}, "#/images"),
        ({"json": {"kind": "dish", "image": BASE64, "images": [BASE64]}}, "#"),
        ({"json": {"kind": "dish"}}, "#"),
        ({"content": FILE, "headers": PNG}, "#/kind"),
        ({"data": {"kind": "dish"}, "files": {"picture": FILE}}, "#/picture"),
        ({"data": {"kind": "dish"}, "files": [("images", FILE)] * 65}, "#/images"),
    ],
)
async def test_a_call_of_another_shape_is_refused_and_told_where(
    calls: DirectCalls, sent: dict[str, Any], pointer: str
) -> None:
    answer = await calls.client.post(PATH, **sent)

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid")
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_body_of_another_type_is_refused_with_the_types_there_are(calls: DirectCalls) -> None:
    answer = await calls.client.post(PATH, content=b"<svg/>", headers={"Content-Type": "image/svg+xml"})

    assert answer.status_code == 415
    assert "image/jpeg" in answer.headers["Accept-Post"]


async def test_a_form_that_is_cut_off_is_a_problem(calls: DirectCalls) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}

    answer = await calls.client.post(PATH, content=b"--x\r\nContent-Disposition: form", headers=headers)

    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
