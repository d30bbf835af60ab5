"""MiniLM on clinc150: what an assistant is asked, and what it should refuse."""

from training.recipes import Recipe

RECIPE = Recipe(
    epochs=6,
    batch_size=32,
    learning_rate=1.5e-4,
    head_learning_rate=1e-3,
    label_smoothing=0.1,
    adversarial=0.05,
    weight_averaging=0.998,
)
MAX_TOKENS = 64
