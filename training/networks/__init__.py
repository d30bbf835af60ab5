"""The networks, and the pretrained encoders that they start from."""
