"""Corrections: the newest one of each result, as read from their topics."""
