"""Kafka behind the ports of the bus, by aiokafka."""

from shared.bus.kafka.records import use_tolerant_parser

use_tolerant_parser()
