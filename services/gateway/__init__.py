"""Gateway: HTTP in front of the topics, the only writer for people and pages."""
