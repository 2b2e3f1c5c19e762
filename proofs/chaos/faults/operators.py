"""An operator changes what decides, or brings back an export after Redis has forgotten everything."""

import random
import time

from proofs.chaos.commands import export_states, import_states
from proofs.chaos.stand import Stand, new_policy

IMPORTING = -1
"""The position of a partition whose import has not come to its end."""
_ANSWERS_WITHIN_S = 10.0


def other_policy(stand: Stand, draw: random.Random) -> float | None:
    """Another policy in mid-run, under the same model."""
    stand.decide_by(stand.models[0], new_policy(draw.randint(2, 1_000_000), draw))
    return time.monotonic()


def other_model(stand: Stand, draw: random.Random) -> float | None:
    """Another version of the model in mid-run."""
    stand.decide_by(stand.models[draw.randint(0, 1)], new_policy(draw.randint(2, 1_000_000), draw))
    return time.monotonic()


def wipe_and_import(stand: Stand, draw: random.Random) -> float | None:
    """Everything is gone; the workers are stopped, an export that was made before is imported, they start again."""
    export = stand.setup.directory / "exports" / f"{draw.getrandbits(32):08x}"
    export_states(stand, export)
    stand.rest(draw.uniform(1.0, 4.0))
    with stand.crew.all_places(stand.rest) as places:
        stand.redis.wipe()
        stand.crew.send_home(places)
        import_states(stand, export)
        stand.imported = export
        for place in places:
            place.start()
    return time.monotonic()


def repeat_lost_import(stand: Stand) -> None:
    """If Redis has lost the end of an import, partitions stand at -1: as an operator would, import once more."""
    positions = stand.wait_for(stand.redis.positions, _ANSWERS_WITHIN_S)
    if stand.imported is None or positions is None or IMPORTING not in positions:
        return
    with stand.crew.all_places(stand.rest) as places:
        stand.crew.send_home(places)
        import_states(stand, stand.imported)
        for place in places:
            place.start()
