"""A simulation of everything around a partition's session: the shipped session and driver run in it under any fault.

A schedule is a pure function of its seed. What it comes to is held against a fold of the whole log.
"""
