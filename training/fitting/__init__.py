"""The training loop, its losses, its progress, and states to resume from."""
