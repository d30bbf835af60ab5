"""Receipt of images: from a form, or a file, to its record."""

from collections.abc import AsyncIterator
from io import BytesIO

import httpx
import pytest
from PIL import Image

from shared.bus.memory import MemoryBus
from shared.events import ImageReceived
from shared.events.codec import decode
from shared.events.image import IMAGE_MAX_BYTES
from tests.support.receiving import acceptor, receiving, records


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
async def client(bus: MemoryBus) -> AsyncIterator[httpx.AsyncClient]:
    async with receiving(acceptor(bus.producer()).accept) as client:
        yield client


def a_photo(size: tuple[int, int] = (8, 8)) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, "teal").save(file, "PNG")
    return file.getvalue()


async def test_an_image_is_accepted_as_a_form(bus: MemoryBus, client: httpx.AsyncClient) -> None:
    photo = a_photo()

    answer = await client.post(
        "/v1/images", data={"case_id": "k1", "kind": "dish"}, files={"file": ("dish.png", photo, "image/png")}
    )

    assert answer.status_code == 202
    [record] = records(bus, ImageReceived.name)
    event = decode(ImageReceived, key=record.key, value=record.value, headers=record.headers)
    assert (event.case_id, event.kind, event.content) == ("k1", "dish", photo)


async def test_an_image_is_accepted_as_its_bytes(bus: MemoryBus, client: httpx.AsyncClient) -> None:
    photo = a_photo()

    answer = await client.post(
        "/v1/images",
        params={"case_id": "k1", "kind": "digit"},
        content=photo,
        headers={"content-type": "image/png"},
    )

    assert answer.status_code == 202
    [record] = records(bus, ImageReceived.name)
    assert ImageReceived.from_json(record.value or b"").content == photo


@pytest.mark.parametrize(
    ("file", "status", "reason"),
    [
        (b"\xff\xd8" + bytes(IMAGE_MAX_BYTES), 413, "image_too_large"),
        (b"no image", 422, "image_undecodable"),
        (b"", 422, "image_undecodable"),
        (a_photo((400, 4)), 422, "image_shape"),
    ],
    ids=["too large", "no image", "empty", "a line"],
)
async def test_a_file_that_no_model_would_see_is_refused_with_its_reason(
    bus: MemoryBus, client: httpx.AsyncClient, file: bytes, status: int, reason: str
) -> None:
    form = await client.post(
        "/v1/images", data={"case_id": "k1", "kind": "dish"}, files={"file": ("a.png", file, "image/png")}
    )
    raw = await client.post(
        "/v1/images?case_id=k1&kind=dish", content=file, headers={"content-type": "image/png"}
    )

    assert [(each.status_code, each.json()["reason"]) for each in (form, raw)] == [(status, reason)] * 2
    assert records(bus, ImageReceived.name) == []


async def test_a_file_that_is_too_large_is_told_the_bound(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/v1/images?case_id=k1&kind=dish",
        content=bytes(IMAGE_MAX_BYTES + 1),
        headers={"content-type": "image/png"},
    )

    assert "512 KiB" in answer.json()["detail"]


async def test_an_image_without_its_facts_names_the_missing_ones(client: httpx.AsyncClient) -> None:
    form = await client.post("/v1/images", data={"kind": "dish"}, files={"file": ("a.png", a_photo())})
    raw = await client.post("/v1/images?kind=dish", content=a_photo(), headers={"content-type": "image/png"})

    assert [each["pointer"] for each in form.json()["errors"]] == ["#/case_id"]
    assert [each["parameter"] for each in raw.json()["errors"]] == ["case_id"]


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("image/svg+xml", b"<svg/>", 415),
        ("multipart/form-data", b"x", 400),
        ("multipart/form-data; boundary=b", b"--b\r\nbroken", 422),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: nothing\r\n\r\nx\r\n--b--", 400),
    ],
)
async def test_a_form_that_is_none_is_refused(
    client: httpx.AsyncClient, content_type: str, body: bytes, status: int
) -> None:
    answer = await client.post("/v1/images", content=body, headers={"content-type": content_type})

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
