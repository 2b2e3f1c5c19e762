package churn.peers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;

/** One event, as far as these peers read it. Public and mutable, so that Flink keeps it as a plain object. */
public final class Activity {
    private static final JsonFactory JSON = new JsonFactory();

    public String id;
    public String subject;
    public long timeMs;
    public String action;

    public Activity() {}

    /** Reads id, subject, time and action out of a CloudEvents record, and steps over everything else. */
    public static Activity parsed(byte[] value) {
        Activity activity = new Activity();
        try (JsonParser parser = JSON.createParser(value)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                switch (name) {
                    case "id" -> activity.id = parser.getText();
                    case "subject" -> activity.subject = parser.getText();
                    case "time" -> activity.timeMs = Instant.parse(parser.getText()).toEpochMilli();
                    case "data" -> activity.action = action(parser);
                    default -> parser.skipChildren();
                }
            }
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        return activity;
    }

    private static String action(JsonParser parser) throws IOException {
        String found = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            if (name.equals("action")) {
                found = parser.getText();
            } else {
                parser.skipChildren();
            }
        }
        return found;
    }
}
