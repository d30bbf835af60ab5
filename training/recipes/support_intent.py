"""MiniLM on banking77."""

from training.recipes import Recipe

RECIPE = Recipe(
    epochs=8,
    batch_size=32,
    learning_rate=1.5e-4,
    head_learning_rate=1e-3,
    label_smoothing=0.1,
)
MAX_TOKENS = 128
