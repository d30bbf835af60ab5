"""Kafka behind the ports of the bus, by aiokafka."""
