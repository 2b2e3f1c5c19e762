"""How large states are that a month of a simulated user's life leaves: the load of the other benchmarks is thin."""

import numpy as np

from producers.simulator import simulate
from schemas.errors import ContractViolation
from schemas.events import ModelRef
from schemas.instants import parse_instant
from stream_app.core.engine import Engine
from stream_app.core.event_lines import EventLines
from stream_app.core.features.codec import pack
from stream_app.core.features.plan import Compiled
from stream_app.core.replay import Replay
from stream_app.core.scoring import Scorer

SEED, DAYS = 17, 30
START_MS = parse_instant("2024-01-01T00:00:00Z")


def measure(compiled: Compiled, users: int) -> dict[str, object]:
    """Bytes of a stored state over all of so many users."""
    replay = Replay(Engine(compiled, _refuse, "events"))
    log = EventLines(simulate(users, DAYS, SEED, START_MS))
    for chunk in log.chunks():
        for _ in replay.apply(chunk):
            pass
    sizes = [len(state) for state in pack(replay.records[: len(replay.users)])]
    p50, p95 = np.percentile(sizes, (50, 95)).round().astype(int).tolist()
    mean = round(float(np.mean(sizes)))
    return {
        "users": len(sizes),
        "events": log.count,
        "state_bytes": {"mean": mean, "p50": p50, "p95": p95, "max": max(sizes)},
    }


def _refuse(reference: ModelRef) -> Scorer:
    raise ContractViolation(f"the simulator writes no control record, but here is one: {reference.name}")
