"""Commands about events: sources, simulator, contracts."""
