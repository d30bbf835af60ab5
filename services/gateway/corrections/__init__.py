"""Corrections over HTTP: a person's right answer becomes an event, made from the result that it corrects."""
