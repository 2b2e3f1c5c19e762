"""What operations do with a running deployment: dead letters, verification, export and import of states."""
