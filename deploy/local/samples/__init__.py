"""Sample streams of our own words and drawings, equal on every run; `load` makes them."""
