"""`churn parity` against a real Kafka: topics are read to their ends, and every difference is found."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import msgspec
import numpy as np
import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from numpy.typing import NDArray
from typer.testing import CliRunner, Result

from cli.main import app
from producers.simulator import simulate
from schemas.alerts import Alert
from schemas.errors import ContractViolation, Transient
from schemas.instants import parse_instant
from schemas.outgoing import address
from stack.local import Services
from stack.ports import free_port
from stream_app.adapters.kafka import topic_log
from stream_app.adapters.kafka.sender import KafkaSender
from stream_app.adapters.kafka.topic_log import KafkaTopicLog
from stream_app.adapters.kafka.topics import create_topics
from stream_app.bootstrap.engine import engine_of, first_control
from stream_app.core.replay import Replay
from stream_app.core.trace import traced
from stream_app.deployment import Deployment, KafkaConnection
from stream_app.ports.pacing import flat_out
from stream_app.settings import Settings
from tests.e2e.deployment import read_topic
from tests.support.connections import deployment_at
from tests.support.set_aside import set_aside

PARTITIONS = 2
LINES = list(simulate(60, 30, 101, parse_instant("2024-01-01T00:00:00Z")))

Trace = NDArray[np.void]


@dataclass(frozen=True)
class Live:
    """Topics with a month of events, and what a worker would have made of them."""

    at: Deployment
    trace: Trace
    alerts: list[Alert]

    def publish(self, alerts: Sequence[Alert], *, committed: bool = True) -> None:
        """Write alerts in one transaction, later than they were decided, and end it either way."""
        topics = self.at.topics
        producer = Producer(
            {"bootstrap.servers": self.at.kafka.bootstrap, "transactional.id": f"{topics.prefix}{committed}"}
        )
        producer.init_transactions(30.0)
        producer.begin_transaction()
        for alert in alerts:
            data = msgspec.structs.replace(alert.data, detected_at="2031-01-01T00:00:00.000Z")
            value = msgspec.json.encode(msgspec.structs.replace(alert, data=data))
            producer.produce(topics.alerts, value, key=alert.data.user_ref, partition=alert.data.src.partition)
        producer.flush(30.0)
        producer.commit_transaction(30.0) if committed else producer.abort_transaction(30.0)


@pytest.fixture
def live(stack: Services, prefix: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Live:
    """Commands find the topics through the environment."""
    monkeypatch.setenv("CHURN_KAFKA_BOOTSTRAP", stack.bootstrap)
    monkeypatch.setenv("CHURN_TOPIC_PREFIX", prefix)
    monkeypatch.chdir(tmp_path)
    settings = Settings()
    deployment = deployment_at(stack, prefix)
    create_topics(deployment, PARTITIONS, first_control(settings))
    KafkaSender(deployment.kafka, deployment.topics.events).send(address(LINES), flat_out(), lambda count: None)
    return worked(deployment)


def worked(at: Deployment, barred: Collection[int] = ()) -> Live:
    """What a worker makes of the topics that sets aside these offsets of partition 1."""
    settings, traces, alerts = Settings(), [], list[Alert]()
    for partition, records in enumerate(read_topic(at.kafka, at.topics.events)):
        replay = Replay(engine_of(settings), partition, PARTITIONS, barred if partition == 1 else ())
        for start in range(0, len(records), 700):
            for step in replay.apply(records[start : start + 700]):
                traces.append(traced(partition, step.advance))
                alerts += step.advance.alerts
    assert len(alerts) > 3
    return Live(at, np.concatenate(traces), alerts)


def churn_parity(trace: Trace, path: Path) -> Result:
    path.write_bytes(trace.tobytes())
    return CliRunner().invoke(app, ["parity", "--trace", str(path), "--json"], prog_name="churn")


def figures(result: Result) -> tuple[int, int, int, int]:
    """Vectors, mismatches, alerts missing, alerts extra."""
    assert result.stdout.count("\n") == 1
    told = json.loads(result.stdout)["parity"]
    return told["vectors"], told["mismatches"], told["alerts_missing"], told["alerts_extra"]


def test_a_live_run_that_equals_its_replay_is_proven_and_said_to_be_useful(live: Live, tmp_path: Path) -> None:
    live.publish(live.alerts[:2])
    live.publish(live.alerts[:3], committed=False)
    live.publish(live.alerts[2:])
    result = churn_parity(live.trace, tmp_path / "trace.bin")
    assert result.exception is None
    assert figures(result) == (len(LINES), 0, 0, 0)
    worth = json.loads(result.stdout)["usefulness"]
    assert worth["users_alerted"] == len({a.data.user_ref for a in live.alerts if a.data.status == "firing"})
    assert worth["churners"] == sum(b'"cancel"' in line for line in LINES)


def test_a_flipped_bit_a_lost_alert_and_a_changed_one_are_each_found_and_fail(live: Live, tmp_path: Path) -> None:
    changed = msgspec.structs.replace(live.alerts[1], data=msgspec.structs.replace(live.alerts[1].data, score=0.5))
    live.publish([changed, *live.alerts[2:]])
    live.trace["fingerprint"][1000] ^= np.uint64(1 << 40)
    result = churn_parity(live.trace, tmp_path / "trace.bin")
    assert isinstance(result.exception, ContractViolation)
    assert "live and replay differ" in str(result.exception)
    assert figures(result) == (len(LINES), 1, 2, 1)
    assert f"offset {live.trace['offset'][1000]}" in result.stderr


def test_what_was_set_aside_as_bug_stays_out_of_parity_and_backtest(live: Live, tmp_path: Path) -> None:
    record = read_topic(live.at.kafka, live.at.topics.events)[1][100]
    set_aside(live.at.kafka, live.at.topics.letters, 1, record)
    without = worked(live.at, {record.offset})
    without.publish(without.alerts)
    result = churn_parity(without.trace, tmp_path / "trace.bin")
    assert result.exception is None
    assert figures(result) == (len(LINES) - 1, 0, 0, 0)
    told = CliRunner().invoke(app, ["backtest", "--json"], prog_name="churn")
    assert told.exception is None
    assert (json.loads(told.stdout)["dead_letters"], json.loads(told.stdout)["alerts_missing"]) == (1, 0)


def test_a_topic_is_read_as_it_stood_when_reading_began(live: Live) -> None:
    log = KafkaTopicLog(live.at.kafka, live.at.topics.events)
    later = [address([line]) for line in LINES[:50]]
    KafkaSender(live.at.kafka, live.at.topics.events).send(chain(*later), flat_out(), lambda count: None)
    read = [list(chain(*log.read(partition))) for partition in range(log.partitions)]
    assert sum(len(records) for records in read) == log.offsets == len(LINES) + PARTITIONS
    whole = read_topic(live.at.kafka, live.at.topics.events)
    assert read == [records[: len(part)] for records, part in zip(whole, read, strict=True)]


def test_only_committed_records_are_read_unless_one_asks_for_all(live: Live) -> None:
    live.publish(live.alerts[:1])
    live.publish(live.alerts[:2], committed=False)

    def count(log: KafkaTopicLog) -> int:
        return sum(len(chunk) for partition in range(log.partitions) for chunk in log.read(partition))

    assert count(KafkaTopicLog(live.at.kafka, live.at.topics.alerts)) == 1
    assert count(KafkaTopicLog(live.at.kafka, live.at.topics.alerts, "read_uncommitted")) == 3


def test_a_transaction_that_stays_open_is_waited_for_and_not_passed_over(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topic_log, "_ANSWER_WITHIN_S", 2.0)
    live.publish(live.alerts)
    producer = Producer(
        {"bootstrap.servers": live.at.kafka.bootstrap, "transactional.id": f"{live.at.topics.prefix}open"}
    )
    producer.init_transactions(30.0)
    producer.begin_transaction()
    producer.produce(live.at.topics.alerts, b"unfinished", partition=0)
    producer.flush(30.0)
    log = KafkaTopicLog(live.at.kafka, live.at.topics.alerts)
    with pytest.raises(Transient, match="no writer has left a transaction open"):
        list(log.read(0))
    producer.abort_transaction(30.0)
    assert sum(map(len, log.read(0))) == sum(alert.data.src.partition == 0 for alert in live.alerts)


def test_a_topic_that_does_not_exist_or_has_lost_its_beginning_proves_nothing(live: Live) -> None:
    with pytest.raises(ContractViolation, match="there is no topic"):
        KafkaTopicLog(live.at.kafka, live.at.topics.prefix + "no-such")
    admin = AdminClient({"bootstrap.servers": live.at.kafka.bootstrap})
    [deleted] = admin.delete_records([TopicPartition(live.at.topics.events, 0, 10)]).values()
    deleted.result()
    with pytest.raises(ContractViolation, match=r"partition 0 of .* begins at offset 10"):
        KafkaTopicLog(live.at.kafka, live.at.topics.events)


def test_what_is_left_of_a_topic_is_read_if_it_need_not_be_whole(live: Live) -> None:
    whole = read_topic(live.at.kafka, live.at.topics.events)
    admin = AdminClient({"bootstrap.servers": live.at.kafka.bootstrap})
    [deleted] = admin.delete_records([TopicPartition(live.at.topics.events, 0, 10)]).values()
    deleted.result()
    log = KafkaTopicLog(live.at.kafka, live.at.topics.events, whole=False)
    assert (log.begin(0), log.begin(1), log.offsets) == (10, 0, sum(map(len, whole)) - 10)
    assert list(chain(*log.read(0))) == whole[0][10:]
    assert list(chain(*log.read(0, 20))) == whole[0][20:]
    assert list(log.read(0, log.end(0))) == []


def test_the_end_moves_only_when_it_is_looked_at_again(live: Live) -> None:
    log = KafkaTopicLog(live.at.kafka, live.at.topics.events)
    ends = [log.end(partition) for partition in range(log.partitions)]
    KafkaSender(live.at.kafka, live.at.topics.events).send(address(LINES[:50]), flat_out(), lambda count: None)
    log.look_again(0)
    assert log.end(0) > ends[0]
    assert (sum(map(len, log.read(0))), sum(map(len, log.read(1)))) == (log.end(0), ends[1])


def test_no_broker_is_an_error_that_may_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topic_log, "_ANSWER_WITHIN_S", 0.5)
    with pytest.raises(Transient, match="did not answer, see that it runs"):
        KafkaTopicLog(KafkaConnection(f"127.0.0.1:{free_port()}"), "customer-events")
