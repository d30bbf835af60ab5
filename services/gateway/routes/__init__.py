"""Routes of the gateway, one file a resource."""
