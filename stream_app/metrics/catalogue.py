"""Every metric of the worker: its name, kind, unit and labels, and what to do when it is high.

The page /metrics, the dashboard's queries and the table in docs/operations.md are held against this catalogue by tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from schemas.alerts import Status
from schemas.dead_letters import RejectionReason
from schemas.errors import Doubt

MetricType = Literal["counter", "histogram", "gauge"]
Unit = Literal["records", "events", "alerts", "seconds", "sessions", "offset", "ratio", "one"]

COMPUTE, LOAD, DEAD_LETTERS, PUBLISH, COMMIT = "compute", "load", "dead_letters", "publish", "commit"
STAGES = (COMPUTE, LOAD, DEAD_LETTERS, PUBLISH, COMMIT)
OUTCOMES = ("applied", "repeated", "dead", "control", "clock")
NOTHING_BY_RIGHT = "nothing_by_right"


@dataclass(frozen=True)
class Metric:
    """One metric. `labels` maps each label to the values it can have, none where they are not known before.

    `unit` "one" means that the value is always 1 and the labels say it. `bounds` are a histogram's upper bounds.
    """

    name: str
    kind: MetricType
    unit: Unit
    meaning: str
    when_high: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bounds: tuple[float, ...] = ()

    @property
    def samples(self) -> tuple[str, ...]:
        """The names under which its values appear on the page."""
        if self.kind == "counter":
            return (f"{self.name}_total",)
        if self.kind == "histogram":
            return tuple(f"{self.name}_{part}" for part in ("bucket", "count", "sum"))
        return (self.name,)


RECORDS = Metric(
    "churn_records",
    "counter",
    "records",
    "Offsets of `customer-events` that were committed, by what came of them; those with `nothing_by_right` are markers "
    "of transactions, and records that were aborted",
    "`repeated`: a producer sends events twice; `dead`: see `churn_dead_letters_total`; far more "
    "`nothing_by_right` than others: a producer sends an event a transaction, or aborts again and again",
    {"outcome": (*OUTCOMES, NOTHING_BY_RIGHT)},
)
FETCHED_RECORDS = Metric(
    "churn_fetched_records",
    "counter",
    "records",
    "Records that Kafka delivered to this worker; what a session had not committed at its end comes again",
    "Far more than `churn_records_total`: sessions end again and again, see `churn_sessions_ended_total`",
)
LATE_EVENTS = Metric(
    "churn_late_events",
    "counter",
    "events",
    "Applied events that were behind their user's clock",
    "A source delivers late: sessions ignore what is more than 10 minutes late, so speed the source up",
)
UNDECLARED_EVENTS = Metric(
    "churn_undeclared_events",
    "counter",
    "events",
    "Admitted events with a measure that the workload does not declare",
    "A producer sends numbers that nobody reads, or under another name: declare them in the workload, or mend it",
)
SCORED_EVENTS = Metric(
    "churn_scored_events",
    "counter",
    "events",
    "Events that the model in force has scored",
    "Nothing is wrong; more than a core can take shows in `churn_partition_lag`",
)
UNSCORED_EVENTS = Metric(
    "churn_unscored_events",
    "counter",
    "events",
    "Applied events for which no model was in force yet",
    "The topic was made without a control record: put a model in force with `churn models promote`",
)
ALERTS = Metric(
    "churn_alerts",
    "counter",
    "alerts",
    "Alerts that were published and committed, by status",
    "More `firing` than agents can answer: raise the policy's `enter` with `churn models promote … --policy FILE`",
    {"status": get_args(Status)},
)
DEAD_LETTER_RECORDS = Metric(
    "churn_dead_letters",
    "counter",
    "records",
    "Records that can never be applied and went to the dead-letter topic, by reason",
    "`churn dlq list` says why; docs/runbook/dead-letters.md says what to do for each reason",
    {"reason": get_args(RejectionReason)},
)
SESSIONS_OPENED = Metric(
    "churn_sessions_opened",
    "counter",
    "sessions",
    "Times that a partition was claimed by this worker",
    "Partitions change hands or back off again and again: the log says why (`session_ended`)",
)
SESSIONS_ENDED = Metric(
    "churn_sessions_ended",
    "counter",
    "sessions",
    "Sessions that ended in doubt, by what raised it; the next session reads the truth",
    "`no_answer`: Kafka or Redis is slow or gone; `transaction_in_doubt`: the broker is slow; `shortage`: the machine "
    "has too little memory; `event_failed`: a defect, see the dead letters; the others: partitions change hands, see "
    "that workers are not held up longer than the session time-out",
    {"cause": get_args(Doubt)},
)
UNACCOUNTED_OFFSETS = Metric(
    "churn_unaccounted_offsets",
    "counter",
    "records",
    "Offsets that were committed and are in no `outcome` of `churn_records_total`: stays at 0",
    "A defect of the worker: keep the topics, run `churn verify`",
)
BATCH_RECORDS = Metric(
    "churn_batch_records",
    "histogram",
    "records",
    "Records of a committed batch, 4,000 at most",
    "Batches near 4,000 mean that the worker is catching up: see `churn_partition_lag`",
    bounds=(1, 4, 16, 64, 256, 1000, 2000, 3999, 4000),
)
STAGE_SECONDS = Metric(
    "churn_batch_stage_seconds",
    "histogram",
    "seconds",
    "What one batch spent computing or waiting for a service; waits contain what other partitions computed meanwhile",
    "`compute`: start another worker; `load`, `commit`: Redis; `publish`, `dead_letters`: Kafka",
    {"stage": STAGES},
    (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
EVENT_DELAY = Metric(
    "churn_event_delay_seconds",
    "histogram",
    "seconds",
    "From the record's timestamp to the commit of its score, from up to 16 events of every batch",
    "The worker catches up (`churn_partition_lag`), a service is slow (`churn_batch_stage_seconds`), or the producer's "
    "clock is wrong",
    bounds=(0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600),
)
PARTITION_STATE = Metric(
    "churn_partition_state",
    "gauge",
    "one",
    "The state of each partition of this worker: `opening`, `running`, `backing_off`, or the name of what stopped it",
    "A partition that neither runs nor opens scores nothing: /readyz and the log (`partition_stopped`) say why",
    {"partition": (), "state": ()},
)
PARTITION_POSITION = Metric(
    "churn_partition_position",
    "gauge",
    "offset",
    "Next offset that the partition will apply",
    "Nothing is wrong; one that stands still while `churn_partition_lag` grows is",
    {"partition": ()},
)
PARTITION_LAG = Metric(
    "churn_partition_lag",
    "gauge",
    "records",
    "Offsets up to the last stable one that are not committed yet, as of the last fetch, or 2 s ago if it is paused",
    "Start another worker (up to one per partition), or see which stage is slow; `churn_partition_state` says whether "
    "the partition stands still",
    {"partition": ()},
)
HELD_BACK = Metric(
    "churn_partition_held_back",
    "gauge",
    "records",
    "Offsets behind the last stable one: a producer's open transaction holds them back from every reader",
    "For longer than a producer's transaction takes: it hangs, see `ChurnPartitionHeldBack` in docs/runbook/alarms.md",
    {"partition": ()},
)
REDIS_MEMORY = Metric(
    "churn_redis_memory_ratio",
    "gauge",
    "ratio",
    "Used memory of Redis over its `maxmemory`; absent where there is no limit",
    "From 0.75 on the log has `redis_memory_high`; at 1 commits are refused and partitions pause, without loss: give "
    "Redis more memory",
)
MODEL_INFO = Metric(
    "churn_model_info",
    "gauge",
    "one",
    "The model and policy in force on each partition of this worker",
    "Partitions with different models for more than a moment have different positions: see `churn_partition_lag`",
    {"partition": (), "model": (), "version": (), "policy": (), "policy_version": ()},
)
SCORER_INFO = Metric(
    "churn_scorer_info",
    "gauge",
    "one",
    "What runs each model that this worker has loaded: its graph, compiled and compared bit for bit with ONNX Runtime, "
    "or ONNX Runtime itself",
    "`onnxruntime`: scores are the same, a batch costs more; the log (`scorer_chosen`) says why",
    {"model": (), "version": (), "scorer": ()},
)

METRICS = (
    RECORDS,
    FETCHED_RECORDS,
    LATE_EVENTS,
    UNDECLARED_EVENTS,
    SCORED_EVENTS,
    UNSCORED_EVENTS,
    ALERTS,
    DEAD_LETTER_RECORDS,
    SESSIONS_OPENED,
    SESSIONS_ENDED,
    UNACCOUNTED_OFFSETS,
    BATCH_RECORDS,
    STAGE_SECONDS,
    EVENT_DELAY,
    PARTITION_STATE,
    PARTITION_POSITION,
    PARTITION_LAG,
    HELD_BACK,
    REDIS_MEMORY,
    MODEL_INFO,
    SCORER_INFO,
)
