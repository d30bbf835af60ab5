"""Acceptance of events: they count as accepted once Kafka has acknowledged them."""
