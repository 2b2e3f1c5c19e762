"""The peers: who they are, what each does per event, and how much of a topic it reads."""

from dataclasses import dataclass
from typing import Final, Literal

from benchmarks.peers.runtimes import Here, JavaClasses, OwnEnvironment, Runtime

Work = Literal["counts", "scores each event", "scores in batches"]

_ALL: Final = 1_000_000
_STREAMS, _STREAMS_MAIN = "kafka-streams", "churn.peers.streams.Main"
_FLINK, _FLINK_MAIN = "flink", "churn.peers.flink.Main"
_ROWS_PER_CALL: Final = "512"


@dataclass(frozen=True)
class Peer:
    """A stream processor set to work: `does` is said beside its figures, `events` is how many it reads at most."""

    name: str
    title: str
    work: Work
    does: str
    runtime: Runtime
    events: int = _ALL


STOCK_FAUST: Final = Peer(
    "stock_faust", "stock Faust", "counts", "counts in a dict; no table, no changelog",
    Here("benchmarks.peers.stock_faust"), 100_000,
)  # fmt: skip

PEERS: Final = (
    STOCK_FAUST,
    Peer(
        "quix", "Quix Streams", "counts", "counts in RocksDB; no changelog",
        OwnEnvironment("benchmarks.peers.quix_streams", "quixstreams"), 200_000,
    ),
    Peer(
        "bytewax", "Bytewax", "counts", "counts in memory; no recovery",
        OwnEnvironment("benchmarks.peers.bytewax_count", "bytewax"), 200_000,
    ),
    Peer(
        "pathway", "Pathway", "counts", "counts in memory, a mini-batch of 100 ms at a time; nothing is persisted",
        OwnEnvironment("benchmarks.peers.pathway_count", "pathway"),
    ),
    Peer(
        "pathway_batches", "Pathway", "scores in batches",
        "12 counters in memory; scores each user, not each event, once a mini-batch of 100 ms; nothing is persisted",
        OwnEnvironment("benchmarks.peers.pathway_score", "pathway"),
    ),
    Peer(
        "kafka_streams", "Kafka Streams, memory", "counts", "counts; exactly-once transactions, changelog",
        JavaClasses(_STREAMS, _STREAMS_MAIN, ("count", "memory")),
    ),
    Peer(
        "kafka_streams_rocksdb", "Kafka Streams, RocksDB", "counts", "counts; exactly-once transactions, changelog",
        JavaClasses(_STREAMS, _STREAMS_MAIN, ("count", "rocksdb")),
    ),
    Peer(
        "kafka_streams_events", "Kafka Streams, memory", "scores each event",
        "30 numbers of plain counters, one ONNX call an event, alerts; exactly-once transactions, changelog",
        JavaClasses(_STREAMS, _STREAMS_MAIN, ("score", "memory", "1")),
    ),
    Peer(
        "kafka_streams_rocksdb_events", "Kafka Streams, RocksDB", "scores each event",
        "30 numbers of plain counters, one ONNX call an event, alerts; exactly-once transactions, changelog",
        JavaClasses(_STREAMS, _STREAMS_MAIN, ("score", "rocksdb", "1")),
    ),
    Peer(
        "kafka_streams_batches", "Kafka Streams, memory", "scores in batches",
        "the same, 512 rows a call: a crash loses the rows that wait, so not exactly-once",
        JavaClasses(_STREAMS, _STREAMS_MAIN, ("score", "memory", _ROWS_PER_CALL)),
    ),
    Peer(
        "flink", "Flink, heap", "counts", "counts; exactly-once checkpoints every 2 s",
        JavaClasses(_FLINK, _FLINK_MAIN, ("count", "hashmap")),
    ),
    Peer(
        "flink_rocksdb", "Flink, RocksDB", "counts", "counts; exactly-once checkpoints every 2 s",
        JavaClasses(_FLINK, _FLINK_MAIN, ("count", "rocksdb")),
    ),
    Peer(
        "flink_events", "Flink, heap", "scores each event",
        "30 numbers of plain counters, one ONNX call an event, checkpoints every 2 s; alerts are thrown away",
        JavaClasses(_FLINK, _FLINK_MAIN, ("score", "hashmap", "1")),
    ),
    Peer(
        "flink_batches", "Flink, heap", "scores in batches",
        "the same, 512 rows a call: a crash loses the rows that wait, so not exactly-once",
        JavaClasses(_FLINK, _FLINK_MAIN, ("score", "hashmap", _ROWS_PER_CALL)),
    ),
)  # fmt: skip

BY_NAME: Final = {peer.name: peer for peer in PEERS}
