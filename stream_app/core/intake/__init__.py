"""From the bytes of log records to admitted events."""
