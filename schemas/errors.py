"""Errors are named by what the one who meets them must do.

ChurnError
├── Poison              this record can never be applied: dead-letter it and go on
├── Transient           a service did not answer as it should: back off, start a new session
├── ContractViolation   going on would be wrong: stop, say why, wait for a person
└── WrongUsage          what was set or asked for is outside its bounds: nothing was begun, correct it
"""

from typing import Literal

from schemas.dead_letters import RejectionReason

Doubt = Literal[
    "no_answer",
    "taken_over",
    "commit_refused",
    "publisher_fenced",
    "transaction_in_doubt",
    "shortage",
    "event_failed",
]
"""Why a session ended: a service did not answer as it should · another session owns the partition, seen by a check, by
a refused commit, or by a producer that is fenced · a transaction's end was not confirmed at the first attempt · this
machine ran short of memory or files · this version failed on an event for the first time."""

Stop = Literal[
    "contract_violated",
    "bug",
    "foreign_state",
    "hole_in_log",
    "missing_model",
    "missing_topic",
    "open_transaction",
    "other_partitions",
    "position_outside_log",
    "redis_may_evict",
    "refused_by_kafka",
    "refused_by_redis",
    "rewritten_log",
    "short_retention",
    "too_few_replicas",
    "too_many_rejected",
    "unreadable_batch",
    "wrong_model",
    "wrong_policy",
]
"""The states in which a partition, or a worker that starts, stands still until a person has looked. Each has a page in
docs/runbook."""

MENDED_ELSEWHERE: frozenset[Stop] = frozenset(
    {"missing_topic", "open_transaction", "redis_may_evict", "refused_by_kafka", "refused_by_redis"}
)
"""Stops whose cause lies in Kafka or Redis: once it is taken away there, a worker goes on by itself."""


class ChurnError(Exception):
    """Any error of ours. Its text is one sentence for a person: what is wrong and what to do."""


class Poison(ChurnError):
    """This record can never be applied: dead-letter it under `reason` and go on."""

    def __init__(self, reason: RejectionReason, message: str) -> None:
        super().__init__(message)
        self.reason: RejectionReason = reason
        self.message = message


class Transient(ChurnError):
    """A service did not answer as it should: back off and start a new session. `cause` says what raised the doubt."""

    def __init__(self, message: str, cause: Doubt = "no_answer") -> None:
        super().__init__(message)
        self.cause: Doubt = cause


class FailedEvent(Transient):
    """This version failed on the event at `offset`: only once it fails again, in a session that follows after a pause,
    is the event set aside. A shortage that nobody has recognised as one must not cost a sound event."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message, "event_failed")
        self.offset = offset


class ContractViolation(ChurnError):
    """Something that was agreed does not hold; going on would be wrong. `state` names the stop for whoever watches."""

    def __init__(self, message: str, state: Stop = "contract_violated") -> None:
        super().__init__(message)
        self.state: Stop = state


class WrongUsage(ChurnError):
    """What was set or asked for is outside its bounds; nothing was begun."""
