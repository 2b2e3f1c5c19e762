"""What can go wrong, each kind under a name of its own."""
