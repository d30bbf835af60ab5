"""A small CNN on handwritten digits."""

from training.recipes import Recipe
from training.rows.augment import Warp

RECIPE = Recipe(
    epochs=20,
    batch_size=128,
    learning_rate=2e-3,
    head_learning_rate=2e-3,
    weight_decay=0.01,
    dropout=0.3,
    weight_averaging=0.999,
)
PIXELS = 28
WARP = Warp(angle=0.2, shear=0.15, shift=0.15, zoom_from=0.85, zoom_to=1.3, mirrored=False)
DARK_INK_SHARE = 0.5
"""People send dark ink on white paper; the data set is bright on black."""
