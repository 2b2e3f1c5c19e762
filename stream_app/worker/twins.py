"""Tells when two workers have one instance id: each puts the other out of the group, without end."""

import time
from collections.abc import Callable
from typing import Any

import structlog

_TOLD_EVERY_S = 60.0

_log = structlog.get_logger()


def tell_of_twins(coordinator: Any, instance_id: str, now_s: Callable[[], float] = time.monotonic) -> None:
    """Have aiokafka's coordinator tell when it finds its member gone from the group, which is then joined anew.

    A member that has a name of its own leaves only when it was silent for too long, or another one has taken the name.
    """
    if hasattr(coordinator, "told_of_twins"):
        return
    reset, told_s = coordinator.reset_generation, [-_TOLD_EVERY_S]
    coordinator.told_of_twins = True

    def tell_and_reset() -> None:
        if now_s() - told_s[0] >= _TOLD_EVERY_S:
            told_s[0] = now_s()
            _log.error(
                "instance_id_taken",
                why=f"another worker has CHURN_INSTANCE_ID={instance_id} too, or this one was silent for longer than "
                "CHURN_SESSION_TIMEOUT_S: give each worker of a deployment an id of its own",
            )
        reset()

    coordinator.reset_generation = tell_and_reset
