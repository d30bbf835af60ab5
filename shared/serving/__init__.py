"""Models as services use them: tasks, predictors, and the exchange of versions."""
