"""The bus: streams of events on Kafka, or on an in-memory broker, behind one port."""
