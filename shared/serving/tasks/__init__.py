"""Tasks: `TASK` in the file of a model's name says how its input is made and its answer is read."""
