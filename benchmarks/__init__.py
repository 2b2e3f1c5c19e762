"""Every figure in the README and in docs comes from here."""
