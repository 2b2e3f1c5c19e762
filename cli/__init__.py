"""The `churn` command: outermost, may import everything, imported by nothing."""
