"""What decides changes while everything else goes wrong."""

import random
import time

from proofs.chaos.stand import Stand, new_policy


def other_policy(stand: Stand, draw: random.Random) -> float | None:
    """Another policy in mid-run, under the same model."""
    stand.decide_by(stand.models[0], new_policy(draw.randint(2, 1_000_000), draw))
    return time.monotonic()


def other_model(stand: Stand, draw: random.Random) -> float | None:
    """Another version of the model in mid-run."""
    stand.decide_by(stand.models[draw.randint(0, 1)], new_policy(draw.randint(2, 1_000_000), draw))
    return time.monotonic()
