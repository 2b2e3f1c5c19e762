"""Holds a running deployment against a replay of its log."""
