"""The same core, offline: replays, labels, point-in-time datasets, models, evaluation. Never Faust, never Redis."""
