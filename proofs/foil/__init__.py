"""What is usually written instead: a plain Faust agent with its state in Redis, under faults, and what it loses."""
