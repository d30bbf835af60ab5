"""Analyzed customer messages -> a queue, a priority, a reply."""
