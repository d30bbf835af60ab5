"""Networks, and the pretrained encoders that they start from."""
