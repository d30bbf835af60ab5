"""A Triton backend with moods: Triton loads model.py, nothing here imports it."""
