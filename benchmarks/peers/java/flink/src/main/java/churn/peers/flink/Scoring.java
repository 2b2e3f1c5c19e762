package churn.peers.flink;

import churn.peers.Activity;
import churn.peers.Counters;
import churn.peers.Order;
import churn.peers.Scorer;
import churn.peers.Stopwatch;
import java.io.IOException;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Keeps counters of every user and scores every event; scores above the threshold go to a sink that throws them away.
 *
 * <p>With more than one row a call, the rows that wait for their call are in no checkpoint: a crash loses them. That is what
 * scoring in batches costs here; the figure is an upper bound.
 */
final class Scoring extends KeyedProcessFunction<String, Activity, String> {
    private static final long WAITS_AT_MOST_MS = 1_000;

    private final int rowsPerCall;
    private transient ValueState<Counters> counters;
    private transient Scorer scorer;
    private transient String[] users;

    Scoring(int rowsPerCall) {
        this.rowsPerCall = rowsPerCall;
    }

    @Override
    public void open(OpenContext context) {
        counters = getRuntimeContext().getState(new ValueStateDescriptor<>("counters", Counters.class));
        scorer = new Scorer(rowsPerCall);
        users = new String[rowsPerCall];
    }

    @Override
    public void processElement(Activity activity, Context context, Collector<String> out) throws IOException {
        Counters user = counters.value();
        if (user == null) {
            user = new Counters();
        }
        user.add(activity);
        counters.update(user);
        int waiting = scorer.waiting();
        users[waiting] = activity.subject;
        if (scorer.add(user)) {
            score(out);
        } else if (waiting == 0) {
            long now = context.timerService().currentProcessingTime();
            context.timerService().registerProcessingTimeTimer(now + WAITS_AT_MOST_MS);
        }
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<String> out) {
        if (scorer.waiting() > 0) {
            score(out);
        }
    }

    @Override
    public void close() {
        scorer.close();
    }

    private void score(Collector<String> out) {
        int rows = scorer.waiting();
        scorer.run();
        for (int row = 0; row < rows; row++) {
            float score = scorer.score(row);
            if (score > Order.ALERT_ABOVE) {
                Stopwatch.alerted();
                out.collect("{\"subject\":\"" + users[row] + "\",\"score\":" + score + "}");
            }
        }
        Stopwatch.counted(rows);
    }
}
