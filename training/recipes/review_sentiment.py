"""A bidirectional LSTM on film reviews."""

from training.recipes import Recipe

RECIPE = Recipe(
    epochs=3,
    batch_size=64,
    learning_rate=2e-3,
    head_learning_rate=2e-3,
    weight_decay=1e-4,
    dropout=0.4,
)
TRAIN_TOKENS = 320
MAX_TOKENS = 512
"""Served with more than it was trained with: on the rows held back, 87.6 instead of 86.7 %."""
VOCABULARY_SIZE = 16_000
EMBEDDING_WIDTH = 96
HIDDEN_WIDTH = 96
