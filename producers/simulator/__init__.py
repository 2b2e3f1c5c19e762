"""A seeded behaviour simulator of a music service with support chats.

Users of hidden temperaments listen, look around, meet adverts, errors and bills, turn to support, and some cancel.
"""

from producers.simulator.population import refuse_unfinished_period, simulate

__all__ = ["refuse_unfinished_period", "simulate"]
