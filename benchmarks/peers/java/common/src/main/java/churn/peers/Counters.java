package churn.peers;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/**
 * What the scoring peers know of a user: counts by action and a few times, without windows.
 *
 * <p>Public and mutable, so that Flink keeps it as a plain object; 96 bytes where it is stored as bytes.
 */
public final class Counters {
    public static final int BYTES = 96;
    private static final int ACTIONS = 12;
    private static final long SESSION_ENDS_AFTER_MS = 30 * 60_000L;
    private static final float MS_PER_HOUR = 3_600_000f;
    private static final float MS_PER_MINUTE = 60_000f;

    public int[] counts = new int[ACTIONS];
    public long firstMs;
    public long lastMs;
    public long sessionBeganMs;
    public long lastErrorMs;
    public long sessions;
    public long sessionEvents;

    public Counters() {}

    /** Counts one more event. */
    public void add(Activity activity) {
        if (firstMs == 0) {
            firstMs = activity.timeMs;
        }
        if (sessions == 0 || activity.timeMs - lastMs > SESSION_ENDS_AFTER_MS) {
            sessions++;
            sessionBeganMs = activity.timeMs;
            sessionEvents = 0;
        }
        if ("error".equals(activity.action)) {
            lastErrorMs = activity.timeMs;
        }
        sessionEvents++;
        lastMs = activity.timeMs;
        counts[place(activity.action)]++;
    }

    /** Writes 30 numbers, from `at` on: counts, their shares, hours since the first event and the last error, the session. */
    public void write(FloatBuffer into, int at) {
        int total = 0;
        for (int count : counts) {
            total += count;
        }
        for (int action = 0; action < ACTIONS; action++) {
            into.put(at + action, counts[action]);
            into.put(at + ACTIONS + action, (float) counts[action] / total);
        }
        int next = at + 2 * ACTIONS;
        into.put(next, total);
        into.put(next + 1, (lastMs - firstMs) / MS_PER_HOUR);
        into.put(next + 2, lastErrorMs == 0 ? -1f : (lastMs - lastErrorMs) / MS_PER_HOUR);
        into.put(next + 3, (lastMs - sessionBeganMs) / MS_PER_MINUTE);
        into.put(next + 4, sessionEvents);
        into.put(next + 5, sessions);
    }

    /** The same in a fixed number of bytes. */
    public byte[] toBytes() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES);
        for (int count : counts) {
            bytes.putInt(count);
        }
        bytes.putLong(firstMs).putLong(lastMs).putLong(sessionBeganMs).putLong(lastErrorMs);
        return bytes.putLong(sessions).putLong(sessionEvents).array();
    }

    /** What {@link #toBytes} made. */
    public static Counters of(byte[] stored) {
        ByteBuffer bytes = ByteBuffer.wrap(stored);
        Counters counters = new Counters();
        for (int action = 0; action < ACTIONS; action++) {
            counters.counts[action] = bytes.getInt();
        }
        counters.firstMs = bytes.getLong();
        counters.lastMs = bytes.getLong();
        counters.sessionBeganMs = bytes.getLong();
        counters.lastErrorMs = bytes.getLong();
        counters.sessions = bytes.getLong();
        counters.sessionEvents = bytes.getLong();
        return counters;
    }

    private static int place(String action) {
        if (action == null) {
            return ACTIONS - 1;
        }
        return switch (action) {
            case "next_song" -> 0;
            case "thumbs_up" -> 1;
            case "home" -> 2;
            case "add_to_playlist" -> 3;
            case "roll_advert" -> 4;
            case "add_friend" -> 5;
            case "logout" -> 6;
            case "thumbs_down" -> 7;
            case "downgrade" -> 8;
            case "settings" -> 9;
            case "error" -> 10;
            default -> ACTIONS - 1;
        };
    }
}
