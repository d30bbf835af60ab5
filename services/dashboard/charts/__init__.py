"""Charts as SVG, made on the server: no script, no library, and readable without seeing them."""
