"""Internals of pinned libraries that we rely on are still there under their names."""

from pathlib import Path

from aiokafka.producer import sender

from stream_app.adapters.kafka import publisher as kafka_publisher


def test_the_name_by_which_a_transaction_waits_less_for_the_one_before_is_aiokafkas_own() -> None:
    source = Path(sender.__file__).read_text(encoding="utf-8")
    assert source.count("return BACKOFF_OVERRIDE") == 1
    assert vars(kafka_publisher)["sender"] is sender
    assert sender.BACKOFF_OVERRIDE == 0.002
