"""Studies: comparisons of trainings, each a command that writes its table."""
