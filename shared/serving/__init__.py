"""Models as services use them: tasks, predictors and the change of versions."""
