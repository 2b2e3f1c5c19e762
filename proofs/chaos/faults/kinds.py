"""All kinds of fault, and how often each happens in a minute of a long run."""

from proofs.chaos.faults import operators, services, wire, workers
from proofs.chaos.faults.fault import BROKER, REDIS, ZOMBIE, Fault
from proofs.chaos.ground import Ground
from proofs.chaos.stand import Stand

_R, _B, _Z = frozenset({REDIS}), frozenset({BROKER}), frozenset({ZOMBIE})

PROCESS_KINDS: tuple[Fault[Ground], ...] = (
    Fault("worker_kill", 10.0, workers.kill),
    Fault("worker_pause", 0.5, workers.pause, _Z),
    Fault("rebalance_storm", 0.3, workers.storm),
    Fault("redis_kill", 3.0, services.redis_kill, _R),
    Fault("redis_torn_log", 2.5, services.redis_torn_log, _R),
    Fault("redis_promotion", 1.0, services.redis_promotion, _R),
    Fault("broker_kill", 2.0, services.broker_kill, _B),
    Fault("broker_pause", 0.3, services.broker_pause, _B),
)
"""What may happen to any workers that keep their state in Redis, short of losing all of it."""

KINDS: tuple[Fault[Stand], ...] = (
    *PROCESS_KINDS,
    Fault("redis_wipe", 0.1, services.redis_wipe, _R),
    Fault("redis_wipe_and_import", 0.3, operators.wipe_and_import, _R | _B | _Z),
    Fault("end_delayed", 0.3, wire.delayed_end("request"), _B),
    Fault("end_reply_delayed", 0.3, wire.delayed_end("reply"), _B),
    Fault("end_cut", 0.5, wire.cut_end("request")),
    Fault("end_reply_cut", 0.5, wire.cut_end("reply")),
    Fault("commit_reply_cut", 0.5, wire.cut_commit),
    Fault("commit_late_after_kill", 0.4, wire.late_commit("kill"), _R | _Z),
    Fault("commit_late_after_pause", 0.4, wire.late_commit("pause"), _R | _Z),
    Fault("transaction_late", 0.4, wire.late_transaction, _B | _Z),
    Fault("policy_change", 0.5, operators.other_policy, _B),
    Fault("model_change", 0.5, operators.other_model, _B),
)
