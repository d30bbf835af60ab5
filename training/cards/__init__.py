"""Model cards: content, page and plots."""
