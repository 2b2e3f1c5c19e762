"""Tests, each a sentence about behaviour, and what several of them share."""
