package churn.peers.streams;

import churn.peers.Activity;
import churn.peers.Order;
import churn.peers.Stopwatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;

/** Counts events per user. */
final class Counting {
    private Counting() {}

    static void build(StreamsBuilder builder, KeyValueBytesStoreSupplier store) {
        KStream<String, byte[]> events = builder.stream(Order.EVENTS_TOPIC);
        events.filter((user, value) -> user != null)
                .mapValues(Counting::parsed)
                .groupByKey()
                .count(Materialized.<String, Long>as(store)
                        .withKeySerde(Serdes.String())
                        .withValueSerde(Serdes.Long()));
    }

    private static Activity parsed(byte[] value) {
        Stopwatch.begin();
        Activity activity = Activity.parsed(value);
        Stopwatch.counted(1);
        return activity;
    }
}
