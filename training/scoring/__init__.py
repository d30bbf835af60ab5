"""Scores of exported models: accuracy, scope, speed."""
