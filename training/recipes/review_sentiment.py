"""A bidirectional LSTM on film reviews."""

from training.recipes import Recipe

RECIPE = Recipe(
    epochs=8,
    batch_size=64,
    learning_rate=2e-3,
    head_learning_rate=2e-3,
    weight_decay=0.01,
    dropout=0.5,
    label_smoothing=0.05,
    adversarial=0.02,
    weight_averaging=0.998,
)
TRAIN_TOKENS = 400
MAX_TOKENS = 768
"""Served with more than it was trained with, which costs nothing in training."""
EMBEDDING_WIDTH = 128
HIDDEN_WIDTH = 128
HIDDEN_SHARE = 0.15
"""Of the tokens, in training: no single word may decide."""
