"""Benchmarks: one file per question; each prints a table."""
