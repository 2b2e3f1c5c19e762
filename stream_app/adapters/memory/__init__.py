"""The ports in memory, for tests and simulations: the same answers and the same refusals as from the real ones.

What stands outside of a worker (`StateTable`, `DecisionPartition`, `EventPartition`) outlives its sessions; a `Memory…`
port is what one session holds of it. No call ever waits.
"""
