"""From a log to labelled snapshots."""
