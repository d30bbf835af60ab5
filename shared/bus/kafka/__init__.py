"""Kafka behind the ports of the bus, by aiokafka."""

from shared.bus.kafka.codecs import use_fast_gzip
from shared.bus.kafka.records import use_tolerant_parser

use_fast_gzip()
use_tolerant_parser()
