"""Recipes: the numbers of each training, one file per model."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Numbers of a training; everything else is the same for all models."""

    epochs: int
    batch_size: int
    learning_rate: float
    head_learning_rate: float
    """For layers that start from nothing, where a pretrained body learns slowly."""

    weight_decay: float = 0.01
    warm_up_share: float = 0.1
    label_smoothing: float = 0.0
    dropout: float = 0.1
    consistency: float = 0.0
    """Weight of R-Drop: each row is seen twice a step, and its two answers are pulled together.

    Liang et al. 2021, "R-Drop: Regularized Dropout for Neural Networks". Twice the work of a step.
    """

    adversarial: float = 0.0
    """How far words are pushed where it hurts most, as a share of the norm of their text's vectors.

    Miyato et al. 2016, "Adversarial Training Methods for Semi-Supervised Text Classification"; their push
    is about 0.016 of a text of 400 words. Twice the work of a step; 0 means none.
    """

    weight_averaging: float = 0.0
    """Share of the weights' running mean that each step keeps, such as 0.999; 0 means no mean.

    The first steps keep less. The mean is evaluated and exported. Tarvainen and Valpola 2017, "Mean teachers
    are better role models".
    """

    max_gradient_norm: float = 1.0
    patience: int | None = None
    """So many epochs without gain on the rows held back end the training, and the best weights are kept.

    None trains to the end and keeps the last weights: the rates have fallen to nothing by then.
    """

    valid_share: float = 0.05
    """Cut from the training rows: fits the temperature and shows the progress."""

    mislabelled_share: float = 0.0
    """Of the rows held back, as a look at them shows; else confidences come out too low for the others."""

    least_agreement: float = 99.0
    """Percent of the test rows whose label must outlast the rounding; else nothing is replaced.

    A recipe that asks for less says why.
    """

    seed: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Texts and their labels in a file of your own: with its numbers, all that a new classifier needs.

    A recipe names it `TABLE`, beside `RECIPE`, and is found by itself; its file has the model's name.
    """

    train: str
    """Where the CSV lies below the data folder; `.csv`, also `.csv.gz` or `.csv.xz`, in UTF-8."""

    text: str = "text"
    label: str = "label"
    """The names of the two columns."""

    labels: tuple[str, ...] = ()
    """These get the first columns of the model's answer, in this order; all others follow, sorted.

    Name those of the model that is there when a label is added: whoever counts columns reads on as before.
    """

    test: str | None = None
    """Rows to test with, in the same columns; None holds out `test_share` of each label's rows."""

    test_share: float = 0.1
    max_tokens: int = 128
    """Pieces of a text that are read; the encoder has 512 places."""

    task: str
    license: str
    """Of the data. Task and licence are told by the card."""

    limits: tuple[str, ...] = ()
