"""MiniLM with two heads on finance tweets."""

from training.recipes import Recipe

RECIPE = Recipe(
    epochs=5,
    batch_size=32,
    learning_rate=1e-4,
    head_learning_rate=1e-3,
    label_smoothing=0.1,
    # Measured 98.4 and 98.7: tweets between two labels flip either way, and accuracy stays within 0.2 points.
    least_agreement=98.0,
)
MAX_TOKENS = 128
