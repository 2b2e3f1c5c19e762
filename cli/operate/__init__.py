"""Commands that look at a deployment and mend it."""
