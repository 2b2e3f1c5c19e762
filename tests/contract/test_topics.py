"""The catalogue of topics keeps the promises that recovery and dead-lettering rest on."""

import re

import pytest

from schemas.topics import CHURN_ALERTS, CUSTOMER_EVENTS, DEAD_LETTERS, FOR_EVER, MAX_EVENT_BYTES, TOPICS, Topic

every_topic = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
LARGEST_KEY_AND_HEADERS_BYTES = 64 * 1024
KAFKAS_OWN_SEGMENT_MS = 7 * 86_400_000


def test_an_event_over_the_limit_still_fits_into_its_topic() -> None:
    assert CUSTOMER_EVENTS.max_message_bytes > MAX_EVENT_BYTES


def test_a_dead_letter_has_room_for_the_largest_event_and_its_headers() -> None:
    assert DEAD_LETTERS.max_message_bytes >= CUSTOMER_EVENTS.max_message_bytes + LARGEST_KEY_AND_HEADERS_BYTES


def test_alerts_are_kept_for_longer_than_events_by_more_than_a_segment_of_theirs() -> None:
    assert CHURN_ALERTS.retention_ms > CUSTOMER_EVENTS.retention_ms + KAFKAS_OWN_SEGMENT_MS


def test_dead_letters_which_have_the_times_of_their_records_are_kept_for_ever() -> None:
    assert DEAD_LETTERS.retention_ms == FOR_EVER


@every_topic
def test_a_name_is_in_kebab_case(topic: Topic) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", topic.name)


@every_topic
def test_a_topic_says_who_writes_and_who_reads_it_and_what_its_key_is(topic: Topic) -> None:
    assert topic.key
    assert topic.written_by
    assert topic.read_by


@every_topic
def test_a_topic_is_a_log_and_never_compacted(topic: Topic) -> None:
    assert topic.config() == {
        "cleanup.policy": "delete",
        "retention.bytes": "-1",
        "retention.ms": str(topic.retention_ms),
        "max.message.bytes": str(topic.max_message_bytes),
        "message.timestamp.type": "CreateTime",
    }


def test_no_two_topics_share_a_name() -> None:
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)
