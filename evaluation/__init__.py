"""Labelled rows of the public data sets, and figures of the answers to them. Needs no torch."""
