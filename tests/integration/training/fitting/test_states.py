"""An interrupted training goes on as if it had not been."""

from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training extra is not installed")
pytest.importorskip("onnxruntime", reason="the training extra is not installed")

from torch import Tensor  # noqa: E402 -- from here on only with the extra

from deploy.local.paths import MODELS, ROOT  # noqa: E402
from shared.errors import ConfigError  # noqa: E402
from shared.repository.bundle import OutputSpec, TextSpec  # noqa: E402
from training.fitting.states import StateFile, fingerprint, forget_state, state_file, states_folder  # noqa: E402
from training.fitting.stopwatch import TIMED_STEPS, WARM_STEPS, Stopwatch  # noqa: E402
from training.fitting.train import Training  # noqa: E402
from training.jobs.identity import identity_job  # noqa: E402
from training.jobs.job import Job  # noqa: E402
from training.networks.nets import LstmClassifier  # noqa: E402
from training.recipes import Recipe  # noqa: E402
from training.rows.augment import some_hidden  # noqa: E402
from training.rows.examples import Examples  # noqa: E402

WORDS = 12
PLAIN = Recipe(epochs=4, batch_size=8, learning_rate=0.02, head_learning_rate=0.02, dropout=0.3)
RICH = replace(PLAIN, patience=3, weight_averaging=0.9, adversarial=0.05)


pytestmark = pytest.mark.usefixtures("one_thread")


def rows(count: int, seed: int) -> Examples:
    random = np.random.default_rng(seed)
    inputs = [random.integers(3, WORDS, random.integers(1, 6)).astype(np.int32) for _ in range(count)]
    return Examples(inputs, {"logits": np.arange(count) % 2})


def a_job(recipe: Recipe) -> Job:
    torch.manual_seed(recipe.seed)
    return replace(
        identity_job(),
        net=LstmClassifier(words=torch.randn(WORDS, 6), hidden=5, dropout=recipe.dropout),
        recipe=recipe,
        train=rows(44, seed=1),
        valid=rows(20, seed=2),
        spec=TextSpec(max_tokens=8, outputs={"logits": OutputSpec(labels=("no", "yes"))}),
        augment=lambda ids: some_hidden(ids, 0.2, 2),
    )


def a_training(job: Job) -> Training:
    return Training(job.net, job.train, job.recipe, augment=job.augment, valid=job.valid)


def interrupted(job: Job, state: StateFile, *, after_epochs: int, and_steps: int) -> None:
    """Train, keep the state of each epoch, and stop in the middle of one."""
    training = a_training(job)
    steps = training.steps()
    while len(training.curve) < after_epochs:
        if next(steps).epoch is not None:
            state.save(training.state_dict())
    for _ in range(and_steps):
        next(steps)


def weights(job: Job) -> list[Tensor]:
    return list(job.net.state_dict().values())


@pytest.mark.parametrize("recipe", [PLAIN, RICH], ids=["plain", "rich"])
@pytest.mark.parametrize("after_epochs", [1, 3])
def test_a_training_that_was_interrupted_comes_to_the_same_bits(
    tmp_path: Path, recipe: Recipe, after_epochs: int
) -> None:
    whole, first, second = a_job(recipe), a_job(recipe), a_job(recipe)
    straight = a_training(whole)
    losses = [step.loss for step in straight.steps()]
    interrupted(first, state_file(tmp_path, first), after_epochs=after_epochs, and_steps=2)

    state = state_file(tmp_path, second).load()
    training = a_training(second)
    assert state is not None
    training.load_state_dict(state)
    rest = [step.loss for step in training.steps()]

    assert rest == losses[-len(rest) :]
    assert len(rest) == len(losses) - after_epochs * 6
    assert training.curve == straight.curve
    assert all(map(torch.equal, weights(second), weights(whole)))


def test_a_finished_training_has_no_more_steps_and_the_same_weights(tmp_path: Path) -> None:
    whole, again = a_job(RICH), a_job(RICH)
    straight = a_training(whole)
    list(straight.steps())
    state_file(tmp_path, again).save(straight.state_dict())

    training = a_training(again)
    training.load_state_dict(state_file(tmp_path, again).load() or {})
    steps = list(training.steps())

    assert steps == []
    assert all(map(torch.equal, weights(again), weights(whole)))


def test_the_state_of_another_training_is_refused_with_the_way_out(tmp_path: Path) -> None:
    state_file(tmp_path, a_job(PLAIN)).save({})

    with pytest.raises(ConfigError, match=r"other numbers.*--fresh"):
        state_file(tmp_path, a_job(RICH)).load()


def test_a_state_that_is_no_longer_whole_is_refused_with_the_way_out(tmp_path: Path) -> None:
    file = state_file(tmp_path, a_job(PLAIN))
    file.save({"curve": []})
    file.path.write_bytes(file.path.read_bytes()[:100])

    with pytest.raises(ConfigError, match=r"can't be read.*--fresh"):
        file.load()


def test_only_what_is_whole_is_ever_seen(tmp_path: Path) -> None:
    file = state_file(tmp_path, a_job(PLAIN))

    file.save({"curve": []})
    file.save({"curve": [1]})

    assert file.load() == {"curve": [1]}
    assert [path.name for path in tmp_path.iterdir()] == ["7.pt"]


def test_of_a_finished_seed_only_its_figures_stay(tmp_path: Path) -> None:
    file = state_file(tmp_path, a_job(PLAIN))
    file.save({})

    file.finish({"logits accuracy": 93.5})

    assert file.figures() == {"logits accuracy": 93.5}
    assert file.load() is None


def test_git_takes_no_notice_of_states() -> None:
    folder = states_folder(MODELS, "digit").relative_to(ROOT)

    patterns = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()

    assert any(fnmatch(str(folder), pattern) for pattern in patterns)


@pytest.mark.parametrize(
    "change",
    [
        {"train": rows(44, seed=5)},
        {"valid": rows(20, seed=5)},
        {"recipe": replace(PLAIN, epochs=5)},
        {"augment": lambda ids: some_hidden(ids, 0.3, 2)},
        {"net": LstmClassifier(words=torch.ones(WORDS, 6), hidden=5, dropout=0.3)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_fingerprint_covers_all_that_the_result_depends_on(change: dict[str, object]) -> None:
    job = a_job(PLAIN)

    assert fingerprint(job) == fingerprint(a_job(PLAIN))
    assert fingerprint(job) != fingerprint(replace(job, **change))  # type: ignore[arg-type]  # any field


def test_what_is_asked_after_a_training_does_not_make_it_another_one() -> None:
    later = a_job(replace(PLAIN, least_agreement=98.0, mislabelled_share=0.1))

    assert fingerprint(later) == fingerprint(a_job(PLAIN))


@pytest.mark.parametrize(
    "change",
    [
        {"test": rows(9, seed=4)},
        {"outside": rows(9, seed=4)},
        {"recipe": replace(PLAIN, mislabelled_share=0.1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_figures_that_were_asked_otherwise_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    job = a_job(PLAIN)
    state_file(tmp_path, job).finish({"logits accuracy": 90.0})

    with pytest.raises(ConfigError, match="--fresh"):
        state_file(tmp_path, replace(job, **change)).figures()  # type: ignore[arg-type]  # any field


def test_one_state_is_forgotten_alone_and_the_last_one_with_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "states"
    first, second = (
        state_file(folder, replace(a_job(PLAIN), recipe=replace(PLAIN, seed=seed))) for seed in (7, 8)
    )
    for state in (first, second):
        state.finish({})

    forget_state(folder, 8)
    assert [path.name for path in folder.iterdir()] == ["7.json"]
    forget_state(folder, 7)
    assert not folder.exists()


def test_a_clock_estimates_by_steps_after_the_first_few_and_goes_on_after_an_interruption() -> None:
    now_s = iter([0.0, *(50.0 + 2.0 * step for step in range(1, 14)), 1000.0, 1002.0])
    clock, later = Stopwatch(lambda: next(now_s)), Stopwatch(lambda: next(now_s))

    clock.start()
    for number in range(1, WARM_STEPS + TIMED_STEPS + 1):
        clock.tick(number, 100)
    later.load_state_dict(clock.state_dict())
    later.start()
    later.tick(14, 100)

    assert clock.estimated_s == later.estimated_s == 76.0 + 2.0 * 87
    assert later.elapsed_s == 78.0
