"""States as they stand in Redis: read, exported, put back."""
