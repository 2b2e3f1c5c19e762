"""The relays know requests when they see them, however the bytes are cut on their way."""

import hashlib
import struct
from collections import Counter
from itertools import pairwise

import hiredis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofs.chaos.kafka_frames import ADD_PARTITIONS, END_TXN, PRODUCE, KafkaDialogue
from proofs.chaos.redis_commands import CLAIM_STATES, COMMIT_STATES, RedisDialogue
from proofs.chaos.requests import OTHER, Dialogue, Request
from stream_app.adapters.redis.states import CHECK, CLAIM, COMMIT

FETCH, NOBODY = 1, b"\xff\xff"


def kafka_text(text: str) -> bytes:
    return struct.pack(">h", len(text)) + text.encode()


def kafka_request(call: int, body: bytes, client: bytes = kafka_text("client")) -> bytes:
    frame = struct.pack(">hhi", call, 0, 7) + client + body
    return struct.pack(">i", len(frame)) + frame


def script(text: str, *words: object) -> bytes:
    name = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    return bytes(hiredis.pack_command(("EVALSHA", name, 1, *words)))


CALLS = [
    (kafka_request(0, kafka_text("chaos-3") + b"batch"), PRODUCE, 3),
    (kafka_request(24, kafka_text("chaos-0") + b"..."), ADD_PARTITIONS, 0),
    (kafka_request(26, kafka_text("an-app-7") + b"...", client=NOBODY), END_TXN, 7),
    (kafka_request(0, NOBODY + b"batch without a transaction"), OTHER, None),
    (kafka_request(FETCH, b"whatever"), OTHER, None),
]
COMMANDS = [
    (script(CLAIM, "{chaos.4}:m", "token"), CLAIM_STATES, 4),
    (script(COMMIT, "{chaos.2}:m", "token", 1, 2, b"\r\n$3\r\n"), COMMIT_STATES, 2),
    (script(CHECK, "{chaos.2}:m", "token", 1), OTHER, None),
    (bytes(hiredis.pack_command(("PING",))), OTHER, None),
]


def heard(dialogue: Dialogue, sent: bytes, cuts: list[int]) -> list[Request]:
    places = [0, *sorted(cut % (len(sent) + 1) for cut in cuts), len(sent)]
    pieces = [sent[begin:end] for begin, end in pairwise(places)]
    return [request for piece in pieces for request in dialogue.asked(piece)]


@given(st.lists(st.sampled_from(CALLS)), st.lists(st.integers(0, 10_000)))
def test_kafka_requests_are_named_and_passed_on_byte_for_byte(
    calls: list[tuple[bytes, str, int | None]], cuts: list[int]
) -> None:
    found = heard(KafkaDialogue(), b"".join(raw for raw, _, _ in calls), cuts)
    assert found == [Request(name, partition, raw) for raw, name, partition in calls]


@given(st.lists(st.sampled_from(COMMANDS)), st.lists(st.integers(0, 10_000)))
def test_redis_commands_are_named_and_passed_on_byte_for_byte(
    commands: list[tuple[bytes, str, int | None]], cuts: list[int]
) -> None:
    found = heard(RedisDialogue(Counter()), b"".join(raw for raw, _, _ in commands), cuts)
    assert found == [Request(name, partition, raw) for raw, name, partition in commands]


@pytest.mark.parametrize(("reply", "counted"), [(b":0\r\n", "refused"), (b":1\r\n", "applied")])
def test_the_reply_to_a_commit_is_counted_once(reply: bytes, counted: str) -> None:
    commits: Counter[str] = Counter()
    dialogue = RedisDialogue(commits)
    dialogue.asked(COMMANDS[1][0])
    dialogue.answered(reply)
    dialogue.answered(reply)
    assert commits == {counted: 1}


def test_a_check_that_fails_is_no_refused_commit() -> None:
    commits: Counter[str] = Counter()
    dialogue = RedisDialogue(commits)
    dialogue.asked(COMMANDS[2][0])
    dialogue.answered(b":0\r\n")
    assert not commits
