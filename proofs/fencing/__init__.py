"""What the fenced protocol costs: the shipped session and ports, beside the same session without a fence."""
