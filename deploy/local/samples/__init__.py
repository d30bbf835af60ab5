"""Sample streams of our own words and drawings, the same on every run; `load` gives them."""
