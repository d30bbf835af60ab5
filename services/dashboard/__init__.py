"""Dashboard: pages that show what comes in, what was decided and why, live."""
