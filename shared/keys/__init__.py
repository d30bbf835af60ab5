"""Keys of the gateway: their scopes, the file that holds their hashes."""
