"""What Faust is given to run: the chunk transport, the owner of partitions, what is counted and shown."""
