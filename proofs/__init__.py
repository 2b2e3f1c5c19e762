"""Searches for what is wrong: simulated schedules, a rig that kills real services, a foil, the price of the fence."""
