"""Input topics -> models -> analyzed topics."""
