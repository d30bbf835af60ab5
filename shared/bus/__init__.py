"""Records in, records out: Kafka and an in-memory twin behind one port."""
