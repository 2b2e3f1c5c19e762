"""Commands that run the system: stack, worker, demo, alerts."""
