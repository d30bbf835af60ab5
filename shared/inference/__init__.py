"""Inference: encoders, batcher, the model server's port and its Triton adapter."""
