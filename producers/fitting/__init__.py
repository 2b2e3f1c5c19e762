"""Fits the simulator's parameters on aggregates of a public table of users, never on the log that judges models."""
