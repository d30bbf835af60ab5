"""Direct questions to the models: texts and images in, answers in the same call."""
