"""`churn produce` against a real Kafka: what arrives, where, in which order, and what is said when it cannot."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from aiokafka.partitioner import murmur2
from confluent_kafka import TIMESTAMP_CREATE_TIME, Consumer, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from typer.testing import CliRunner, Result

from cli.main import app
from producers.event_files import read_events, write_events
from producers.simulator import simulate
from schemas.errors import ContractViolation
from schemas.events import Activity
from schemas.instants import parse_instant
from schemas.outgoing import OutgoingEvent
from schemas.topics import CUSTOMER_EVENTS
from stack.local import Services
from stream_app.adapters.kafka.sender import KafkaSender
from stream_app.deployment import KafkaConnection
from stream_app.ports.pacing import at_rate, flat_out
from tests.support.connections import kafka_of
from tests.support.ctrl_c import HEEDING_CTRL_C

N = 5
START_MS = parse_instant("2024-01-01T00:00:00Z")
CLOCK = b'{"specversion":"1.0","type":"churn.clock.v1","id":"1","source":"/tests","time":"2024-01-01T00:00:00Z"}'

Churn = Callable[..., Result]


def make_topic(kafka: KafkaConnection, name: str, config: dict[str, str] | None = None) -> AdminClient:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    admin.create_topics([NewTopic(name, N, 1, config=config or {})])[name].result()
    deadline = time.monotonic() + 30
    while not is_led(kafka, name):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return admin


def is_led(kafka: KafkaConnection, topic: str) -> bool:
    try:
        return count(kafka, topic) == 0
    except KafkaException:
        return False


def quiet(_count: int) -> None:
    """Nobody watches the progress."""


@pytest.fixture
def topic(stack: Services, prefix: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """An empty customer-events topic of N partitions; commands and subprocesses find it through the environment."""
    name = prefix + CUSTOMER_EVENTS.name
    make_topic(kafka_of(stack), name)
    monkeypatch.setenv("CHURN_KAFKA_BOOTSTRAP", stack.bootstrap)
    monkeypatch.setenv("CHURN_TOPIC_PREFIX", prefix)
    monkeypatch.chdir(tmp_path)
    return name


def churn_produce(*arguments: str | Path, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(app, ["produce", *map(str, arguments)], prog_name="churn", input=stdin)


def count(kafka: KafkaConnection, topic: str) -> int:
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "unused", "log_level": 0})
    ends = [consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10.0) for partition in range(N)]
    consumer.close()
    return sum(end for _begin, end in ends)


def read(kafka: KafkaConnection, topic: str) -> list[Message]:
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "unused", "log_level": 0})
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(N)])
    wanted, records, deadline = count(kafka, topic), list[Message](), time.monotonic() + 30
    while len(records) < wanted and time.monotonic() < deadline:
        records += consumer.consume(10_000, timeout=0.5)
    consumer.close()
    assert len(records) == wanted
    return records


def by_user(values: Iterator[bytes]) -> dict[str, list[bytes]]:
    users = defaultdict(list)
    for value in values:
        users[msgspec.json.decode(value)["subject"]].append(value)
    return dict(users)


def test_a_simulation_arrives_whole_keyed_and_in_each_users_order(stack: Services, topic: str) -> None:
    sent_from_ms = time.time() * 1000
    result = churn_produce("simulate", "--users", "20", "--days", "6", "--seed", "3", "--json")
    assert result.exception is None
    lines = list(simulate(20, 6, 3, START_MS))
    records = read(kafka_of(stack), topic)
    report = json.loads(result.stdout)
    assert (report["sent"], report["skipped"], report["users"]) == (len(lines), 0, len(by_user(iter(lines))))
    assert report["bytes"] == sum(map(len, lines))
    assert by_user(record.value() for record in records) == by_user(iter(lines))
    for record in records:
        assert record.key() == msgspec.json.decode(record.value())["subject"].encode()
        assert record.partition() == (murmur2(record.key()) & 0x7FFFFFFF) % N
        assert record.headers() == [("content-type", b"application/cloudevents+json")]
        kind, sent_ms = record.timestamp()
        assert kind == TIMESTAMP_CREATE_TIME
        assert sent_from_ms - 1 <= sent_ms <= time.time() * 1000 + 1


@pytest.mark.parametrize("name", ["events.jsonl", "events.jsonl.gz"])
def test_an_event_file_is_sent_as_it_is(name: str, stack: Services, topic: str) -> None:
    written = churn_produce("simulate", "--users", "10", "--days", "3", "--out", name, "--json")
    sent = churn_produce("events", name, "--json")
    lines = [line.raw for line in read_events(Path(name))]
    assert json.loads(written.stdout)["written"] == json.loads(sent.stdout)["sent"] == len(lines) > 0
    assert by_user(record.value() for record in read(kafka_of(stack), topic)) == by_user(iter(lines))


def test_a_log_counts_what_it_sends_and_what_it_skips(stack: Services, topic: str) -> None:
    rows = [{"ts": 1538358605000 + place // 3, "userId": "12"[place % 2], "page": "Home"} for place in range(60)]
    nobody = {"ts": 1538358605000, "userId": "", "page": "Login"}
    Path("log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [*rows, nobody, nobody]))
    report = json.loads(churn_produce("log", "log.jsonl", "--json").stdout)
    assert (report["sent"], report["skipped"], report["users"]) == (60, 2, 2)
    events = [msgspec.json.decode(record.value(), type=Activity) for record in read(kafka_of(stack), topic)]
    assert len({event.id for event in events}) == 60
    for user in "12":
        times = [event.time for event in events if event.subject == user]
        assert times == sorted(times)


def test_the_mini_log_arrives_whole(public_data: Path, stack: Services, topic: str) -> None:
    report = json.loads(churn_produce("log", public_data / "sparkify_mini_events_68users.jsonl.gz", "--json").stdout)
    assert (report["sent"], report["skipped"], report["users"]) == (80_487, 0, 68)
    assert count(kafka_of(stack), topic) == 80_487


@pytest.mark.parametrize("bad", [b"nonsense", b""])
def test_nothing_of_a_file_with_a_bad_line_is_sent(bad: bytes, stack: Services, topic: str) -> None:
    lines = list(simulate(3, 3, 1, START_MS))[:10]
    write_events(Path("events.jsonl"), [*lines[:7], bad, *lines[7:]])
    result = churn_produce("events", "events.jsonl")
    assert isinstance(result.exception, ContractViolation)
    assert str(result.exception).startswith("events.jsonl:8: this line is no event: ")
    assert count(kafka_of(stack), topic) == 0


def test_a_bad_line_stops_a_stream_and_the_mended_one_goes_on_there_so_that_each_counts_once(
    stack: Services, topic: str
) -> None:
    lines = list(simulate(3, 3, 1, START_MS))[:10]
    result = churn_produce("events", "-", stdin=b"\n".join([*lines[:7], b"nonsense", *lines[8:]]))
    assert isinstance(result.exception, ContractViolation)
    assert str(result.exception).startswith("standard input:8: this line is no event: ")
    assert str(result.exception).endswith("; 7 events before it were sent, none behind it: go on with --from-line 8")
    report = json.loads(churn_produce("events", "-", "--from-line", "8", "--json", stdin=b"\n".join(lines)).stdout)
    assert report["sent"] == 3
    assert by_user(record.value() for record in read(kafka_of(stack), topic)) == by_user(iter(lines))


def test_what_is_not_in_the_order_of_time_is_sorted_before_it_is_sent(stack: Services, topic: str) -> None:
    lines = list(simulate(4, 5, 1, START_MS))
    write_events(Path("events.jsonl"), reversed(lines))
    result = churn_produce("events", "events.jsonl", "--json")
    assert json.loads(result.stdout)["sent"] == len(lines)
    assert "events.jsonl is not in the order of time: event 5 was taken down" in " ".join(result.stderr.split())
    assert by_user(record.value() for record in read(kafka_of(stack), topic)) == by_user(iter(lines))


def test_of_a_stream_that_is_not_in_the_order_of_time_that_is_told(stack: Services, topic: str) -> None:
    lines = list(simulate(4, 5, 1, START_MS))
    result = churn_produce("events", "-", "--json", stdin=b"\n".join(reversed(lines)))
    assert json.loads(result.stdout)["sent"] == len(lines)
    assert "standard input is not in the order of time: event 5" in " ".join(result.stderr.split())


def test_a_record_for_a_partition_is_not_sent_from_a_file(stack: Services, topic: str) -> None:
    write_events(Path("events.jsonl"), [CLOCK])
    result = churn_produce("events", "events.jsonl")
    assert isinstance(result.exception, ContractViolation)
    assert str(result.exception).startswith("events.jsonl:1: control and clock records are addressed to a partition")
    assert count(kafka_of(stack), topic) == 0


def test_a_missing_topic_is_a_sentence(stack: Services, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_KAFKA_BOOTSTRAP", stack.bootstrap)
    monkeypatch.setenv("CHURN_TOPIC_PREFIX", prefix)
    result = churn_produce("simulate", "--users", "1", "--days", "1")
    assert isinstance(result.exception, ContractViolation)
    assert f"there is no topic {prefix}customer-events at {stack.bootstrap}: `churn up`" in str(result.exception)


def test_without_a_known_broker_nothing_is_tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CHURN_KAFKA_BOOTSTRAP", raising=False)
    monkeypatch.chdir(tmp_path)
    result = churn_produce("simulate", "--users", "1", "--days", "1")
    assert isinstance(result.exception, ContractViolation)
    assert str(result.exception) == "no broker is known: run `churn up`, or set CHURN_KAFKA_BOOTSTRAP"


def test_a_period_that_is_not_over_is_refused() -> None:
    result = churn_produce("simulate", "--start", "2024-01-01T00:00:00Z", "--days", "3660")
    assert isinstance(result.exception, ContractViolation)
    assert "still to come" in str(result.exception)


def test_a_start_that_is_no_instant_is_wrong_usage() -> None:
    result = churn_produce("simulate", "--start", "2024-01-01")
    assert result.exit_code == 2
    assert "--start" in result.stderr


def test_more_events_than_the_queue_holds_arrive_all(stack: Services, topic: str) -> None:
    sender = KafkaSender(kafka_of(stack), topic)
    counts = sender.send((OutgoingEvent(b"u%d" % (n % 9), b"%d" % n, n) for n in range(150_000)), flat_out(), quiet)
    assert (counts.sent, counts.failed, len(sender.users)) == (150_000, 0, 9)
    assert count(kafka_of(stack), topic) == 150_000


def test_an_event_that_the_broker_refuses_is_counted_and_told(stack: Services, topic: str, prefix: str) -> None:
    small = prefix + "small"
    admin = make_topic(kafka_of(stack), small, {"max.message.bytes": "1000"})
    sender = KafkaSender(kafka_of(stack), small)
    too_large = os.urandom(5_000)
    told = rf"1 events could not be delivered to {small}, 0 were: .* refuses it \(MESSAGE_TOO_LARGE, .*too large"
    with pytest.raises(ContractViolation, match=told):
        sender.send([OutgoingEvent(b"u", too_large, 0)], flat_out(), quiet)
    assert (sender.counts.sent, sender.counts.failed, sender.counts.bytes) == (0, 1, 0)
    admin.delete_topics([small])[small].result()


def test_a_rate_holds_every_event_back_until_it_is_due_and_counts_go_on(stack: Services, topic: str) -> None:
    sender = KafkaSender(kafka_of(stack), topic)
    told: list[int] = []
    sender.send((OutgoingEvent(b"u", b"%d" % n, n) for n in range(50)), flat_out(), told.append)
    began_ms = time.time() * 1000
    counts = sender.send((OutgoingEvent(b"u", b"%d" % n, n) for n in range(200)), at_rate(400.0), told.append)
    assert counts.sent == sum(told) == 250
    stamps = [record.timestamp()[1] for record in read(kafka_of(stack), topic)][50:]
    assert len(stamps) == 200
    assert all(stamp_ms >= began_ms + place * 1000 / 400 - 2 for place, stamp_ms in enumerate(stamps))


def test_speed_is_a_factor_of_event_time(topic: str) -> None:
    lines = list(simulate(5, 4, 1, START_MS))
    times = [parse_instant(msgspec.json.decode(line)["time"]) for line in lines]
    write_events(Path("events.jsonl"), lines)
    report = json.loads(churn_produce("events", "events.jsonl", "--speed", "400000", "--json").stdout)
    assert report["sent"] == len(lines)
    assert report["seconds"] >= (times[-1] - times[0]) / 400_000 / 1000


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_an_ending_from_outside_delivers_what_is_queued_counts_it_and_tells_how_to_go_on(
    number: signal.Signals, code: int, stack: Services, topic: str
) -> None:
    lines = list(simulate(5, 10, 1, START_MS))
    write_events(Path("events.jsonl"), lines)
    command = "from cli.main import main; main()"
    arguments = ["produce", "events", "events.jsonl", "--speed", "36000", "--json"]
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [*HEEDING_CTRL_C, sys.executable, "-c", command, *arguments],
        env=os.environ | {"PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    while count(kafka_of(stack), topic) < 5:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(number)
    output, told = process.communicate(timeout=60)
    assert process.returncode == code
    sent = json.loads(output)["sent"]
    assert sent == count(kafka_of(stack), topic)
    assert f"go on with --from-line {sent + 1}" in " ".join(told.decode().split())
    churn_produce("events", "events.jsonl", "--from-line", str(sent + 1))
    assert by_user(record.value() for record in read(kafka_of(stack), topic)) == by_user(iter(lines))
