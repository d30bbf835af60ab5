"""An image that kills its decoder is refused alone; the next one gets a new decoder."""

import io
import os
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from shared.errors import RejectedError, RetryableError
from shared.inference.decode_child import MEMORY_MAX_BYTES
from shared.inference.decoder import Decoder
from shared.inference.image import decode_image
from shared.repository.bundle import ImageSpec

SPEC = ImageSpec(width=224, height=224, mode="RGB", resize="cover_crop")


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    made = Decoder(SPEC)
    yield made
    made.close()


def photo(size: tuple[int, int] = (640, 480), kind: str = "JPEG") -> bytes:
    noise = np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_child_gives_the_same_pixels(decoder: Decoder, kind: str) -> None:
    file = photo(kind=kind)

    assert np.array_equal(decoder.decode(file), decode_image(file, SPEC))


@pytest.mark.parametrize("file", [b"", b"no image", photo()[:2000]], ids=["empty", "text", "cut off"])
def test_a_refusal_is_the_same_and_keeps_the_child(decoder: Decoder, file: bytes) -> None:
    decoder.decode(photo())
    before = decoder.pid
    with pytest.raises(RejectedError) as here:
        decode_image(file, SPEC)

    with pytest.raises(RejectedError) as there:
        decoder.decode(file)

    assert (there.value.reason, str(there.value)) == (here.value.reason, str(here.value))
    assert decoder.pid == before


def test_the_child_has_its_limits(decoder: Decoder) -> None:
    decoder.decode(photo())

    assert decoder.pid is not None
    assert psutil.Process(decoder.pid).rlimit(psutil.RLIMIT_AS) == (MEMORY_MAX_BYTES, MEMORY_MAX_BYTES)


def test_a_bound_on_the_memory_of_the_worker_is_none_on_the_child(decoder: Decoder) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (8 * MEMORY_MAX_BYTES, hard))
    try:
        decoder.decode(photo())
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))

    assert decoder.pid is not None
    assert psutil.Process(decoder.pid).rlimit(psutil.RLIMIT_DATA) == (hard, hard)


def test_where_no_process_can_be_started_an_image_waits(decoder: Decoder) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        with pytest.raises(RetryableError, match=r"can't be started: .*Too many open files"):
            decoder.decode(photo())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert decoder.decode(photo()).shape == SPEC.shape


def test_a_child_that_cannot_start_is_no_fault_of_the_image(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "PIL.py").write_text("raise ImportError('no libjpeg here')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with pytest.raises(RetryableError, match="can't be started: ImportError: no libjpeg here"):
        decoder.decode(photo())

    assert decoder.pid is None


def test_a_child_that_ends_without_a_word_is_told_by_its_exit_code(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")

    with pytest.raises(RetryableError, match="can't be started: it ended with 1"):
        decoder.decode(photo())


def test_a_child_that_was_killed_costs_no_image(decoder: Decoder) -> None:
    decoder.decode(photo())
    assert decoder.pid is not None
    os.kill(decoder.pid, signal.SIGKILL)

    assert decoder.decode(photo()).shape == SPEC.shape


def test_a_child_that_hangs_is_replaced() -> None:
    decoder = Decoder(SPEC, answer_within_s=3.0)
    decoder.decode(photo())
    assert decoder.pid is not None
    os.kill(decoder.pid, signal.SIGSTOP)

    assert decoder.decode(photo()).shape == SPEC.shape
    decoder.close()


def test_an_image_on_which_each_child_hangs_is_refused() -> None:
    decoder, slow = Decoder(SPEC, answer_within_s=0.0), photo((2000, 1500), kind="PNG")

    with pytest.raises(RejectedError) as refused:
        decoder.decode(slow)

    assert refused.value.reason == "image_undecodable"
    assert decoder.pid is None
