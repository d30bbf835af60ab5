"""From inputs to logits: encoding, batching, and Triton behind a port."""
