"""Which version serves: the newest good one, and a bad one changes nothing."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from shared.errors import ConfigError, IntegrityError, RetryableError, TidemillError
from shared.inference.port import ModelSpec
from shared.repository.bundle import ModelBundle
from shared.serving.versions import VersionWatch, to_try
from tests.support.shelf import MODEL, Shelf


@pytest.mark.parametrize(
    ("folders", "ready", "serving", "better"),
    [
        pytest.param(["1"], {"1"}, "1", [], id="nothing is new"),
        pytest.param(["2", "1"], {"1", "2"}, "1", ["2"], id="a newer one is served"),
        pytest.param(["2", "1"], {"1"}, "1", [], id="a newer one is not served yet"),
        pytest.param(["10", "9", "1"], {"10", "9", "1"}, "1", ["10", "9"], id="two newer ones"),
        pytest.param(["2", "1"], {"1", "2"}, "2", [], id="an older one is no better"),
        pytest.param(["1"], {"1", "2"}, "2", ["1"], id="the folder of the serving one is gone"),
        pytest.param(["2", "1"], {"1"}, "2", ["1"], id="the server has the serving one no more"),
        pytest.param(["2", "1"], set(), "2", [], id="the server is away"),
        pytest.param([], {"2"}, "2", [], id="the repository is away"),
        pytest.param(["2", "1"], {"1", "2"}, None, ["2", "1"], id="the start"),
    ],
)
def test_the_newest_version_that_stands_there_and_is_served_is_best(
    folders: list[str], ready: set[str], serving: str | None, better: list[str]
) -> None:
    assert to_try(folders, ready, serving=serving) == better


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Version 1, standing there and served."""
    shelf = Shelf(tmp_path)
    shelf.write("1")
    shelf.load("1")
    return shelf


async def version_of(bundle: ModelBundle, _served: ModelSpec) -> str:
    return bundle.version


def a_watch(shelf: Shelf) -> VersionWatch[str]:
    return VersionWatch(shelf, shelf.repository, MODEL, version_of)


async def test_a_version_takes_over_when_it_stands_there_and_is_served_and_goes_again(shelf: Shelf) -> None:
    watch = a_watch(shelf)
    took_over = [await watch.first(timeout_s=1.0)]
    shelf.write("2")
    took_over.append(await watch.look() or "nobody")
    shelf.load("2")
    took_over.append(await watch.look() or "nobody")
    took_over.append(await watch.look() or "nobody")
    shelf.remove("2")
    took_over.append(await watch.look() or "nobody")

    assert took_over == ["1", "nobody", "2", "nobody", "1"]
    assert watch.serving == "1"


BAD: dict[str, tuple[dict[str, Any], Exception | None, str]] = {
    "other files": ({"parameters": {}}, None, "preprocessing_sha256_v2=nothing"),
    "another number of labels": ({"outputs": {}}, None, "no output 'logits'"),
    "nonsense to the canary": ({}, IntegrityError("answers NaN"), "answers NaN"),
}


@pytest.mark.parametrize("what", BAD)
async def test_a_bad_version_is_logged_once_and_the_old_one_goes_on(shelf: Shelf, what: str) -> None:
    changes, illness, complaint = BAD[what]
    watch = a_watch(shelf)
    await watch.first(timeout_s=1.0)
    shelf.write("2")
    shelf.load("2", **changes)
    if illness:
        shelf.ill["2"] = illness

    with capture_logs() as logs:
        found = [await watch.look(), await watch.look()]

    assert found == [None, None]
    assert watch.serving == "1"
    [line] = logs
    assert (line["event"], line["version"], line["serving"]) == ("model_version_refused", "2", "1")
    assert complaint in line["why"]


async def test_a_version_with_a_broken_file_is_refused_and_taken_once_it_is_mended(shelf: Shelf) -> None:
    watch = a_watch(shelf)
    await watch.first(timeout_s=1.0)
    shelf.write("2")
    spec = shelf.repository / MODEL / "2" / "preprocessing.json"
    good = spec.read_text()
    spec.write_text("{")
    shelf.load("2")

    refused = await watch.look()
    spec.write_text(good)
    shelf.load("2")

    assert refused is None
    assert await watch.look() == "2"


async def test_a_version_that_can_not_be_opened_is_refused_whatever_the_reason(shelf: Shelf) -> None:
    async def opened(bundle: ModelBundle, _served: ModelSpec) -> str:
        if bundle.version == "2":
            raise ZeroDivisionError
        return bundle.version

    watch = VersionWatch(shelf, shelf.repository, MODEL, opened)
    shelf.write("2")
    shelf.load("2")

    assert await watch.first(timeout_s=1.0) == "1"


async def test_a_start_waits_until_the_server_has_the_model(shelf: Shelf) -> None:
    shelf.unload("1")
    starting = asyncio.create_task(a_watch(shelf).first(timeout_s=60.0))
    await shelf.was_asked.wait()
    shelf.load("1")

    assert await starting == "1"


async def test_a_start_without_the_model_in_time_says_what_to_do(shelf: Shelf) -> None:
    shelf.unload("1")

    with pytest.raises(RetryableError, match=f"no model {MODEL} version 1 after 0 s.*--load-model={MODEL}"):
        await a_watch(shelf).first(timeout_s=0.0)


async def test_a_start_with_files_that_do_not_fit_ends_at_once(shelf: Shelf) -> None:
    shelf.load("1", parameters={})

    with pytest.raises(ConfigError, match="TIDEMILL__MODELS_DIR"):
        await a_watch(shelf).first(timeout_s=3600.0)


async def test_a_start_without_any_version_ends_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no version"):
        await a_watch(Shelf(tmp_path)).first(timeout_s=3600.0)


async def test_a_start_says_what_was_wrong_with_the_version_that_never_came_right(shelf: Shelf) -> None:
    shelf.ill["1"] = IntegrityError("answers NaN")

    with pytest.raises(TidemillError, match="answers NaN"):
        await a_watch(shelf).first(timeout_s=0.0)
