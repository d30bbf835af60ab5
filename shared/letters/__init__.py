"""Dead letters: reading, selecting and replaying them."""
