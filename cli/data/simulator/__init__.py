"""`churn simulator`: what the simulated service is like beside the real one, and how its parameters are fitted."""
