"""Questions about ways to train, each answered by one command that writes its table."""
