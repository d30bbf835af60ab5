"""MiniLM on tagged words, CoNLL-2003 and WNUT-17 alike."""

from training.recipes import Recipe

RECIPE = Recipe(
    epochs=6,
    batch_size=32,
    learning_rate=1.5e-4,
    head_learning_rate=1e-3,
    consistency=0.5,
    weight_averaging=0.998,
)
MAX_TOKENS = 256
"""The longest sentence of CoNLL-2003 has 124 words."""
HIDDEN_SHARE = 0.1
"""Of the pieces, in training: names that were never seen are found by their neighbours."""
RECASED_SHARE = 0.2
"""Of the rows, shown with all or no words capitalised: headlines may be written so."""
