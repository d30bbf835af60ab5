"""The embedded stack and the supervisor behind tidemill run."""
