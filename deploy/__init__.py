"""Deployment of the parts: on one machine, in containers, on Kafka of its own."""
