"""`churn demo`: the whole system at work, with its proofs."""
