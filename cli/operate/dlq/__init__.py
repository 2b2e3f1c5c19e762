"""`churn dlq`: looks at the dead letters of a deployment and sends them again."""
