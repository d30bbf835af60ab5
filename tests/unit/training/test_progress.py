"""When a training has brought all that it will bring."""

import pytest

from training.fitting.progress import Epoch, best_epoch, has_stalled


def a_curve(*accuracies: float) -> list[Epoch]:
    return [Epoch(number=n, loss=1.0, accuracy=accuracy) for n, accuracy in enumerate(accuracies, start=1)]


@pytest.mark.parametrize(
    ("accuracies", "patience", "stalled"),
    [
        ((50.0, 60.0, 59.0), 2, False),
        ((50.0, 60.0, 59.0, 60.0), 2, True),
        ((50.0, 60.0, 59.0, 58.0), None, False),
        ((), 1, False),
    ],
)
def test_a_training_has_stalled_when_its_best_epoch_is_old(
    accuracies: tuple[float, ...], patience: int | None, *, stalled: bool
) -> None:
    assert has_stalled(a_curve(*accuracies), patience) == stalled


def test_the_earliest_of_equally_good_epochs_is_the_best() -> None:
    assert best_epoch(a_curve(50.0, 60.0, 60.0)).number == 2
