"""What a worker tells about itself: which metrics there are, and the sums that they are read from."""
