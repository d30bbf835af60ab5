"""Model cards: content, page, plots."""
