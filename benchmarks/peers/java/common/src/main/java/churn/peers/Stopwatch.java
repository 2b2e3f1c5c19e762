package churn.peers;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;

/**
 * Takes this process's processor time, all threads, from the first event to the last that is wanted, with a mark half way.
 *
 * <p>`begin` may be called on one thread and `counted` on another, but each on one only. What it writes is what
 * benchmarks/peers/stopwatch.py writes for peers in Python.
 */
public final class Stopwatch {
    private static final String RESULT = "took.json";
    private static final OperatingSystemMXBean PROCESS =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static final CountDownLatch DONE = new CountDownLatch(1);

    private static volatile double beganAt = -1;
    private static long seen;
    private static long seenHalfWay;
    private static double halfWayAfter;
    private static long alerts;

    private Stopwatch() {}

    /** The first event is here; later calls do nothing. */
    public static void begin() {
        if (beganAt < 0) {
            beganAt = cpuSeconds();
        }
    }

    /** So many more events are done; those behind the last that is wanted are not looked at. */
    public static void counted(int events) {
        if (seen >= Order.EVENTS) {
            return;
        }
        seen += events;
        if (seenHalfWay == 0 && seen >= Order.EVENTS / 2) {
            seenHalfWay = seen;
            halfWayAfter = cpuSeconds() - beganAt;
        }
        if (seen >= Order.EVENTS) {
            write(cpuSeconds() - beganAt);
            DONE.countDown();
        }
    }

    /** One more score was above the threshold. */
    public static void alerted() {
        alerts++;
    }

    /** Returns once the last event that is wanted is done and the result is written. */
    public static void await() throws InterruptedException {
        DONE.await();
    }

    private static void write(double tookSeconds) {
        String result = String.format(
                Locale.ROOT,
                "{\"events\": %d, \"cpu_s\": %.6f, \"half_events\": %d, \"half_cpu_s\": %.6f, \"alerts\": %d}",
                seen, tookSeconds, seenHalfWay, halfWayAfter, alerts);
        try {
            Files.writeString(Order.DIRECTORY.resolve(RESULT), result);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static double cpuSeconds() {
        return PROCESS.getProcessCpuTime() / 1e9;
    }
}
