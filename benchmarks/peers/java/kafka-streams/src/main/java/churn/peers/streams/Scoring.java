package churn.peers.streams;

import churn.peers.Activity;
import churn.peers.Counters;
import churn.peers.Order;
import churn.peers.Scorer;
import churn.peers.Stopwatch;
import java.time.Duration;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * Keeps counters of every user, scores every event and sends scores above the threshold to the alerts.
 *
 * <p>With more than one row a call, rows wait for their call while their offsets may be committed: a crash loses them. That
 * is what scoring in batches costs here; the figure is an upper bound.
 */
final class Scoring implements Processor<String, byte[], String, String> {
    private static final Serde<Counters> COUNTERS = Serdes.serdeFrom(
            (topic, counters) -> counters == null ? null : counters.toBytes(),
            (topic, stored) -> stored == null ? null : Counters.of(stored));
    private static final Duration WAITS_AT_MOST = Duration.ofSeconds(1);

    private final String storeName;
    private final int rowsPerCall;
    private final Scorer scorer;
    private final String[] users;
    private ProcessorContext<String, String> context;
    private KeyValueStore<String, Counters> store;

    private Scoring(String storeName, int rowsPerCall) {
        this.storeName = storeName;
        this.rowsPerCall = rowsPerCall;
        this.scorer = new Scorer(rowsPerCall);
        this.users = new String[rowsPerCall];
    }

    static void build(StreamsBuilder builder, KeyValueBytesStoreSupplier supplier, int rowsPerCall) {
        builder.addStateStore(
                Stores.keyValueStoreBuilder(supplier, Serdes.String(), COUNTERS).withCachingEnabled());
        KStream<String, byte[]> events = builder.stream(Order.EVENTS_TOPIC);
        events.filter((user, value) -> user != null)
                .process(() -> new Scoring(supplier.name(), rowsPerCall), supplier.name())
                .to(Order.ALERTS_TOPIC, Produced.with(Serdes.String(), Serdes.String()));
    }

    @Override
    public void init(ProcessorContext<String, String> given) {
        context = given;
        store = given.getStateStore(storeName);
        if (rowsPerCall > 1) {
            given.schedule(WAITS_AT_MOST, PunctuationType.WALL_CLOCK_TIME, this::score);
        }
    }

    @Override
    public void process(Record<String, byte[]> record) {
        Stopwatch.begin();
        Activity activity = Activity.parsed(record.value());
        Counters counters = store.get(record.key());
        if (counters == null) {
            counters = new Counters();
        }
        counters.add(activity);
        store.put(record.key(), counters);
        users[scorer.waiting()] = record.key();
        if (scorer.add(counters)) {
            score(record.timestamp());
        }
    }

    @Override
    public void close() {
        scorer.close();
    }

    private void score(long timestampMs) {
        int rows = scorer.waiting();
        if (rows == 0) {
            return;
        }
        scorer.run();
        for (int row = 0; row < rows; row++) {
            float score = scorer.score(row);
            if (score > Order.ALERT_ABOVE) {
                Stopwatch.alerted();
                String alert = "{\"subject\":\"" + users[row] + "\",\"score\":" + score + "}";
                context.forward(new Record<>(users[row], alert, timestampMs));
            }
        }
        Stopwatch.counted(rows);
    }
}
