"""The worker: from bytes on a topic to alerts on another."""
