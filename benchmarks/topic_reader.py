"""Reads a partition of a topic back, as records that the core takes."""

from confluent_kafka import Consumer, KafkaException, TopicPartition

from stream_app.core.log import PlainRecord

_WITHIN_S = 10.0
_AT_ONCE = 10_000


def read_partition(bootstrap: str, topic: str, partition: int) -> list[PlainRecord]:
    """Every record up to the end as it stands now."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "bench-reader",
            "enable.auto.commit": False,
            "fetch.queue.backoff.ms": 10,
            "log_level": 0,
        }
    )
    try:
        begin, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=_WITHIN_S)
        consumer.assign([TopicPartition(topic, partition, begin)])
        records: list[PlainRecord] = []
        while len(records) < end - begin:
            for message in consumer.consume(min(_AT_ONCE, end - begin - len(records)), 1.0):
                if message.error() is not None:
                    raise KafkaException(message.error())
                records.append(PlainRecord(message.offset(), message.timestamp()[1], message.key(), message.value()))
    finally:
        consumer.close()
    return records
