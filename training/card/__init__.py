"""What is said about a model: its card, tables and plots."""
