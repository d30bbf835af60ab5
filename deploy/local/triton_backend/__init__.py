"""The Triton backend `onnxruntime`: Triton loads model.py, nothing here imports it."""
