"""Accounts of a running system: a ledger of inputs and results, and gauges of the services."""
