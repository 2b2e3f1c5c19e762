"""Kills, pauses and cuts everything that a deployment consists of, while it works, and asks whether it kept its word.

A schedule drawn from a seed names the faults; the stand has a Kafka, a Redis and workers of its own, all real, and
relays between them; what the log says at the end is compared with what is in Redis and on the topics.
"""
