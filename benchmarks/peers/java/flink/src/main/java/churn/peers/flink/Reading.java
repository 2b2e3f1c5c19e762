package churn.peers.flink;

import churn.peers.Activity;
import churn.peers.Stopwatch;
import org.apache.flink.api.common.serialization.AbstractDeserializationSchema;
import org.apache.flink.util.Collector;

/** Reads events of users; control records have no subject and are passed over. */
final class Reading extends AbstractDeserializationSchema<Activity> {
    Reading() {
        super(Activity.class);
    }

    @Override
    public Activity deserialize(byte[] value) {
        Stopwatch.begin();
        return Activity.parsed(value);
    }

    @Override
    public void deserialize(byte[] value, Collector<Activity> out) {
        Activity activity = deserialize(value);
        if (activity.subject != null) {
            out.collect(activity);
        }
    }
}
