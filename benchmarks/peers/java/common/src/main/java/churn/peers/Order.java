package churn.peers;

import java.nio.file.Path;

/** What the environment tells a peer to do: PEER_ and a name each, as benchmarks/peers/running.py sets them. */
public final class Order {
    public static final String BOOTSTRAP = said("BOOTSTRAP");
    public static final String EVENTS_TOPIC = said("TOPIC");
    public static final String ALERTS_TOPIC = said("ALERTS_TOPIC");
    /** The name of the group, and what topics of the peer's own begin with. */
    public static final String GROUP = said("GROUP");
    public static final long EVENTS = Long.parseLong(said("EVENTS"));
    public static final Path DIRECTORY = Path.of(said("DIRECTORY"));
    public static final Path MODEL = Path.of(said("MODEL"));
    public static final float ALERT_ABOVE = Float.parseFloat(said("ALERT_ABOVE"));

    private Order() {}

    private static String said(String name) {
        String value = System.getenv("PEER_" + name);
        if (value == null) {
            throw new IllegalStateException("PEER_" + name + " is not set: run this peer by `churn bench peers`");
        }
        return value;
    }
}
