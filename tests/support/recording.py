"""What a deployment of version 0.4 left behind, as it stands in tests/fixtures, and its topics on a broker of today."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.topics import CUSTOMER_EVENTS, TOPICS, Topic
from stream_app.core.log import PlainRecord
from stream_app.deployment import KafkaConnection, Topics

RECORDING = Path(__file__).parents[1] / "fixtures" / "version_0_4"
PARTITIONS = 4


def recorded(topic: Topic) -> list[list[PlainRecord]]:
    """The committed records of a topic by partition, where they stood."""
    found: list[list[PlainRecord]] = [[] for _ in range(PARTITIONS)]
    for line in (RECORDING / f"{topic.name}.jsonl").read_text(encoding="utf-8").splitlines():
        told = json.loads(line)
        headers = tuple((name, _bytes(value) or b"") for name, value in told["headers"])
        record = PlainRecord(told["offset"], told["timestamp"], _bytes(told["key"]), _bytes(told["value"]), headers)
        found[told["partition"]].append(record)
    return found


def recorded_meta() -> list[dict[str, str | bytes]]:
    """The hash beside the states of each partition, as it stood in Redis."""
    found: dict[str, dict[str, Any]] = json.loads((RECORDING / "meta.json").read_text())
    return [{**fields, "owner": bytes.fromhex(fields["owner"])} for _, fields in sorted(found.items())]


def renamed(records: Sequence[PlainRecord], prefix: str) -> list[PlainRecord]:
    """Decisions as they would read if the events topic had had this prefix; events stay as they are."""
    named, new = CUSTOMER_EVENTS.name.encode(), (prefix + CUSTOMER_EVENTS.name).encode()

    def read(record: PlainRecord) -> PlainRecord:
        value = record.value and record.value.replace(b'"topic":"' + named + b'"', b'"topic":"' + new + b'"')
        headers = tuple((name, new if held == named else held) for name, held in record.headers)
        return record._replace(value=value, headers=headers)

    return [read(record) for record in records]


def put_back(kafka: KafkaConnection, topics: Topics) -> None:
    """Make the topics under these names, every record at the offset where it stood. Nothing is deleted for its age."""
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    made = [
        NewTopic(topics.of(topic), PARTITIONS, 1, config={**topic.config(), "retention.ms": "-1"}) for topic in TOPICS
    ]
    for answer in admin.create_topics(made).values():
        answer.result(30)
    for topic in TOPICS:
        for partition, records in enumerate(recorded(topic)):
            _put_back(kafka, topics.of(topic), partition, renamed(records, topics.prefix))


def _put_back(kafka: KafkaConnection, topic: str, partition: int, records: Sequence[PlainRecord]) -> None:
    """Runs without a gap are written in one transaction if another follows: its end takes up the offset between."""
    runs = list(_runs(records))
    for run, following in zip(runs, [*runs, None][1:], strict=True):
        identity = {"transactional.id": f"{topic}-{partition}"} if following else {}
        producer = Producer(
            {"bootstrap.servers": kafka.bootstrap, "log_level": 0, "enable.idempotence": True, **identity}
        )
        if following:
            producer.init_transactions(30)
            producer.begin_transaction()
        for record in run:
            producer.produce(
                topic, record.value, record.key, partition, timestamp=record.timestamp, headers=list(record.headers)
            )
        assert producer.flush(30) == 0
        if following:
            producer.commit_transaction(30)


def _runs(records: Sequence[PlainRecord]) -> Iterator[list[PlainRecord]]:
    """Records cut wherever an offset is left out."""
    run: list[PlainRecord] = []
    for record in records:
        if run and record.offset != run[-1].offset + 1:
            yield run
            run = []
        run.append(record)
    if run:
        yield run


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode()
