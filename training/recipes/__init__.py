"""The numbers of each training, one file a model."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What one training run may vary; everything else is the same for all models."""

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

    max_gradient_norm: float = 1.0
    valid_share: float = 0.05
    """Cut from the training rows: fits the temperature and shows the progress."""

    seed: int = 7
