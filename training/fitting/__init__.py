"""Training loop, losses, progress, and states to resume from."""
