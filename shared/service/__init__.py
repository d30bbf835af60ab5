"""What every process has: settings, logs, metrics, health, a clean stop."""
