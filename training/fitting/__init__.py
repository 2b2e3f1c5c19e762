"""From snapshots to a model that may be put in force."""
