package churn.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Set;

/**
 * The project's model in ONNX Runtime, one thread, over as many rows a call as it is made for.
 *
 * <p>The counters fill 30 of the model's 44 columns, the others stay 0: the scores cost what they should and mean nothing.
 */
public final class Scorer {
    private static final String INPUT = "vectors";
    private static final String OUTPUT = "probabilities";
    private static final int COLUMNS = 44;

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;
    private final FloatBuffer rows;
    private final FloatBuffer scores;
    private final int most;
    private int filled;

    public Scorer(int rowsPerCall) {
        most = rowsPerCall;
        rows = room(rowsPerCall * COLUMNS);
        scores = FloatBuffer.allocate(rowsPerCall * 2);
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            session = environment.createSession(Order.MODEL.toString(), options);
        } catch (OrtException error) {
            throw new IllegalStateException(error);
        }
    }

    /** Takes a row; true once there are as many as one call is to score. */
    public boolean add(Counters counters) {
        counters.write(rows, filled * COLUMNS);
        filled++;
        return filled == most;
    }

    /** How many rows wait to be scored. */
    public int waiting() {
        return filled;
    }

    /** Scores the rows that wait; {@link #score} has what came out until the next call. */
    public void run() {
        FloatBuffer given = rows.slice(0, filled * COLUMNS);
        try (OnnxTensor tensor = OnnxTensor.createTensor(environment, given, new long[] {filled, COLUMNS});
                OrtSession.Result result = session.run(Map.of(INPUT, tensor), Set.of(OUTPUT))) {
            scores.clear().put(((OnnxTensor) result.get(0)).getFloatBuffer());
        } catch (OrtException error) {
            throw new IllegalStateException(error);
        }
        filled = 0;
    }

    /** The churn probability of a row of the last run. */
    public float score(int row) {
        return scores.get(2 * row + 1);
    }

    /** Gives the session back. */
    public void close() {
        try {
            session.close();
        } catch (OrtException error) {
            throw new IllegalStateException(error);
        }
    }

    private static FloatBuffer room(int floats) {
        return ByteBuffer.allocateDirect(floats * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
    }
}
