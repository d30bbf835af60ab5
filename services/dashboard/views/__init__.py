"""Pages, one module each: pure functions from the state to a template's values; `registry.py` lists them."""
