"""Actions of viewers, one module a resource; `registry.py` lists them."""
