"""What is known about a user: declarations, the record that holds a state, the kernel that folds events into it."""
