"""One outside thing per file. A port's real and in-memory forms pass the same behaviour suite."""
