"""Compression: rounding, smoothing, pruning, distillation."""
