"""Training: from data sets to served models (read, train, compress, export, evaluate)."""
