"""Fine-tuning methods: each learns what it says, on rows that a test can afford."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training extra is not installed")
pytest.importorskip("peft", reason="the training extra is not installed")

from safetensors.torch import load_file  # noqa: E402

from deploy.local.paths import MODELS  # noqa: E402
from shared.errors import ConfigError  # noqa: E402
from shared.repository.bundle import load_bundle  # noqa: E402
from tests.integration.training.tiny import LABELS, tiny_job  # noqa: E402 -- from here on only with the extra
from training.studies.answers import answers_of  # noqa: E402
from training.studies.fine_tuning_page import page  # noqa: E402
from training.studies.frozen import few_shot, frozen, vectors_of  # noqa: E402
from training.studies.gradients import full, lora  # noqa: E402
from training.studies.kept import Kept  # noqa: E402
from training.studies.lora import merged, with_adapters  # noqa: E402
from training.studies.page import write_page  # noqa: E402
from training.studies.vectors import description_vectors, descriptions, few_rows  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")


def test_every_way_learns_and_leaves_the_network_of_the_job_as_it_was(tmp_path: Path) -> None:
    job = tiny_job()
    kept = Kept(tmp_path)
    before = answers_of(job.net, job.test)["logits"]
    vectors = vectors_of(job)

    found = [full(job, kept), lora(job, kept), frozen(job, vectors), few_shot(job, vectors)]

    assert [each.method.name for each in found] == ["full", "LoRA", "frozen encoder", "few-shot"]
    assert min(each.accuracy for each in found) > 70.0
    assert answers_of(job.net, job.test)["logits"] == pytest.approx(before)


def test_adapters_start_the_same_whatever_was_drawn_before(tmp_path: Path) -> None:
    job = tiny_job(rows=10)
    kept = [Kept(tmp_path / name) for name in ("one", "other")]

    for each in kept:
        lora(job, each)
        torch.rand(7)

    one, other = (next(each.folder.iterdir()) for each in kept)
    assert (one.name, one.stat().st_size) == (other.name, other.stat().st_size)
    assert all(map(torch.equal, load_file(one).values(), load_file(other).values()))


def test_adapters_are_few_and_vanish_when_they_are_merged() -> None:
    job = tiny_job()
    names = list(job.net.state_dict())
    net = with_adapters(job.net)
    learning = sum(weight.numel() for weight in net.body.parameters() if weight.requires_grad)
    for name, weight in net.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight)
    adapted = answers_of(net, job.test)["logits"]

    after = answers_of(merged(net), job.test)["logits"]

    assert 0 < learning < sum(weight.numel() for weight in net.body.parameters()) / 2
    assert list(net.state_dict()) == names
    assert after == pytest.approx(adapted, abs=0.05)


def test_a_draw_has_the_same_number_of_examples_of_each_intent() -> None:
    labels = np.array([0] * 20 + [1] * 9 + [2] * 30)

    drawn = few_rows(labels, 8, seed=3)

    assert np.bincount(labels[drawn]).tolist() == [8, 8, 8]
    assert len(set(drawn.tolist())) == 24


def test_each_intent_that_ships_is_described_by_a_sentence() -> None:
    labels = load_bundle(MODELS, "support_intent").outputs["logits"].labels

    assert set(descriptions()) == set(labels)
    assert all(sentence.endswith((".", "?")) for sentence in descriptions().values())


def test_an_intent_without_a_sentence_is_named() -> None:
    with pytest.raises(ConfigError, match="lacks fee, card, loan; add a sentence each"):
        description_vectors(tiny_job(), LABELS)


def test_the_page_tells_rows_parameters_and_accuracies(tmp_path: Path) -> None:
    job = tiny_job()
    result = few_shot(job, vectors_of(job))

    write_page(tmp_path / "docs" / "page.md", *page([result], job))

    written = (tmp_path / "docs" / "page.md").read_text()
    assert written.startswith("# Fine-tuning methods\n\n")
    assert f"| few-shot | 24 | 51 ({100.0 * result.share:.2f} %) |" in written
    assert max(len(line) for line in written.splitlines() if not line.startswith("|")) <= 110
