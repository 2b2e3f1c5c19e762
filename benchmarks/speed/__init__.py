"""Measures of throughput, latency and cost."""
