package churn.peers.streams;

import churn.peers.Order;
import churn.peers.Stopwatch;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.Stores;

/**
 * Kafka Streams with exactly-once and changelogs: `count | score`, `memory | rocksdb`, and how many rows one call scores.
 */
public final class Main {
    private static final Duration ENDS_WITHIN = Duration.ofSeconds(20);

    private Main() {}

    public static void main(String[] given) throws InterruptedException, ExecutionException {
        KeyValueBytesStoreSupplier store = given[1].equals("memory")
                ? Stores.inMemoryKeyValueStore("users")
                : Stores.persistentKeyValueStore("users");
        StreamsBuilder builder = new StreamsBuilder();
        if (given[0].equals("count")) {
            Counting.build(builder, store);
        } else {
            Scoring.build(builder, store, Integer.parseInt(given[2]));
        }
        KafkaStreams streams = new KafkaStreams(builder.build(), settings());
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.start();
        Stopwatch.await();
        streams.close(ENDS_WITHIN);
        deleteOwnTopics();
        Runtime.getRuntime().halt(0);
    }

    private static Properties settings() {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, Order.GROUP);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, Order.BOOTSTRAP);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, Order.DIRECTORY.resolve("state").toString());
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        return settings;
    }

    private static void deleteOwnTopics() throws InterruptedException, ExecutionException {
        Properties settings = new Properties();
        settings.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, Order.BOOTSTRAP);
        try (Admin admin = Admin.create(settings)) {
            List<String> own = admin.listTopics().names().get().stream()
                    .filter(name -> name.startsWith(Order.GROUP + "-"))
                    .toList();
            admin.deleteTopics(own).all().get();
        }
    }
}
