"""One folder a service; they share events, never code."""
