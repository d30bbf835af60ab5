"""Jobs: rows, network and export of each model, put together."""
