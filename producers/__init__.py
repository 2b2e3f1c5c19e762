"""Sources of events: log readers, event files and the behaviour simulator, and the sender that puts them on Kafka.

Imports schemas only, so that a producer can run where the scorer is not installed.
"""
