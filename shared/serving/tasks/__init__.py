"""One file a model: how its input is made and how its logits are read."""
