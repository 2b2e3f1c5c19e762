"""`churn produce`: puts events on the customer-events topic, from a real log, an event file or the simulator."""
