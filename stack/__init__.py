"""The local Kafka and Redis: fetched, started and stopped on this machine, their data below one directory.

Imports nothing of ours but `schemas`, so that a deployment with services of its own can leave it out.
"""
