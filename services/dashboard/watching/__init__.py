"""Watches: what the dashboard asks services, Kafka and the model repository about, beside reading topics."""
