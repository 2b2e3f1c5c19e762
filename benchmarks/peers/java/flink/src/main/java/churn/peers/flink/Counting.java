package churn.peers.flink;

import churn.peers.Activity;
import churn.peers.Stopwatch;
import java.io.IOException;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/** Counts events per user. */
final class Counting extends KeyedProcessFunction<String, Activity, Long> {
    private transient ValueState<Long> counts;

    @Override
    public void open(OpenContext context) {
        counts = getRuntimeContext().getState(new ValueStateDescriptor<>("count", Long.class));
    }

    @Override
    public void processElement(Activity activity, Context context, Collector<Long> out) throws IOException {
        Long before = counts.value();
        long now = before == null ? 1 : before + 1;
        counts.update(now);
        out.collect(now);
        Stopwatch.counted(1);
    }
}
