"""Compression of models: rounding, smoothing, pruning and distillation."""
