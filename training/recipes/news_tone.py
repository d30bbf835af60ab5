"""MiniLM with two heads on finance tweets."""

from training.recipes import Recipe

RECIPE = Recipe(
    epochs=5,
    batch_size=32,
    learning_rate=1e-4,
    head_learning_rate=1e-3,
    label_smoothing=0.1,
    adversarial=0.05,
    weight_averaging=0.998,
)
MAX_TOKENS = 128
