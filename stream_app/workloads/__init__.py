"""One file per kind of customer base. Data only: signals, features, label, policy."""
