package churn.peers.flink;

import churn.peers.Activity;
import churn.peers.Order;
import churn.peers.Stopwatch;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/**
 * Flink in one process with exactly-once checkpoints every 2 s: `count | score`, `hashmap | rocksdb`, rows per call.
 */
public final class Main {
    private static final long CHECKPOINT_EVERY_MS = 2_000;

    private Main() {}

    public static void main(String[] given) throws Exception {
        StreamExecutionEnvironment flink = StreamExecutionEnvironment.createLocalEnvironment(1, settings(given[1]));
        flink.enableCheckpointing(CHECKPOINT_EVERY_MS, CheckpointingMode.EXACTLY_ONCE);
        KafkaSource<Activity> source = KafkaSource.<Activity>builder()
                .setBootstrapServers(Order.BOOTSTRAP)
                .setTopics(Order.EVENTS_TOPIC)
                .setGroupId(Order.GROUP)
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setValueOnlyDeserializer(new Reading())
                .build();
        KeyedStream<Activity, String> users = flink.fromSource(source, WatermarkStrategy.noWatermarks(), "events")
                .keyBy(activity -> activity.subject);
        if (given[0].equals("count")) {
            users.process(new Counting(), Types.LONG).sinkTo(new DiscardingSink<>());
        } else {
            users.process(new Scoring(Integer.parseInt(given[2])), Types.STRING).sinkTo(new DiscardingSink<>());
        }
        flink.executeAsync("peer").getJobExecutionResult().whenComplete((result, error) -> {
            if (error != null) {
                error.printStackTrace();
            }
            Runtime.getRuntime().halt(1);
        });
        Stopwatch.await();
        Runtime.getRuntime().halt(0);
    }

    private static Configuration settings(String backend) {
        Configuration settings = new Configuration();
        settings.set(StateBackendOptions.STATE_BACKEND, backend);
        settings.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        settings.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        settings.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                Order.DIRECTORY.resolve("checkpoints").toUri().toString());
        settings.set(PipelineOptions.OBJECT_REUSE, true);
        return settings;
    }
}
