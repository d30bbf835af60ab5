"""Scores of exported models: accuracy, scope and speed."""
