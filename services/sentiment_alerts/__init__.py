"""Analyzed news -> one alert a story, with its evidence."""
