"""One job a kind of model: rows, network and export put together."""
