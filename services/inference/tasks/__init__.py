"""One file a model: how its input is made and what its logits mean."""
