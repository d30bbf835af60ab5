"""What viewers can do, one module a resource; `registry.py` lists them."""
