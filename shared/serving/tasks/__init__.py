"""Tasks of the models; the module of a model's name holds its `TASK`."""
