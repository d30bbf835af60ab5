"""Parts of every service process: run, logs, HTTP, health."""
