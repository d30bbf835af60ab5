"""MiniLM with two heads on finance tweets."""

from training.recipes import Recipe

RECIPE = Recipe(
    epochs=2,
    batch_size=32,
    learning_rate=1.5e-4,
    head_learning_rate=1e-3,
    label_smoothing=0.05,
)
MAX_TOKENS = 128
FROZEN_LAYERS = 3
"""The lower half of the encoder stays as it is: a third less work on a CPU."""
