"""Breaks a running Tidemill in every way of a table, and counts what became of each message."""
