"""Results of accepted events: in the same call, later by a link, or as a stream."""
