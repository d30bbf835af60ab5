"""State of the dashboard: bounded, in memory, made of the records of all topics. Pure: no I/O."""
