"""Cache of model results."""
