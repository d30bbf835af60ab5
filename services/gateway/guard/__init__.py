"""Guard of the gateway: who calls, from where, how much, how long."""
