"""The runtime of stateful services, on Faust: a stream, a table, and the order of records."""
