package tidemill;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Prints each route of a message and each alert; TIDEMILL__KAFKA__BOOTSTRAP names the broker. */
public final class Subscriber {
    private static final int REMEMBERED = 100_000;

    /** Readers pass over the fields that they don't know: events may get more. */
    private static final JsonMapper JSON = JsonMapper.builder()
        .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .build();

    /** Ids of the latest events: after a crash of Tidemill one may come twice. */
    private static final Map<UUID, Boolean> SEEN = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<UUID, Boolean> eldest) {
            return size() > REMEMBERED;
        }
    };

    private Subscriber() {}

    public static void main(String[] arguments) throws JsonProcessingException {
        Map<String, Object> settings = Map.of(
            "bootstrap.servers", System.getenv("TIDEMILL__KAFKA__BOOTSTRAP"),
            "group.id", "my-java-subscriber",
            "auto.offset.reset", "earliest",
            "enable.auto.commit", false,
            "isolation.level", "read_committed",
            "key.deserializer", StringDeserializer.class,
            "value.deserializer", StringDeserializer.class);
        try (var consumer = new KafkaConsumer<String, String>(settings)) {
            consumer.subscribe(List.of("support.message_routed.v1", "sentiment.alert_raised.v1"));
            while (true) {
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    handle(record);
                }
                consumer.commitSync();
            }
        }
    }

    private static void handle(ConsumerRecord<String, String> record) throws JsonProcessingException {
        switch (record.topic()) {
            case "support.message_routed.v1" -> {
                var routed = JSON.readValue(record.value(), SupportMessageRouted.class);
                if (isNew(routed.eventId())) {
                    print("route", routed.lane(), routed.queue(), routed.text());
                }
            }
            case "sentiment.alert_raised.v1" -> {
                var alert = JSON.readValue(record.value(), SentimentAlertRaised.class);
                if (isNew(alert.eventId())) {
                    print("alert", alert.company(), alert.negativeCount(), alert.storyCount());
                }
            }
            default -> throw new IllegalStateException("no subscription to " + record.topic());
        }
    }

    private static boolean isNew(UUID eventId) {
        return SEEN.put(eventId, true) == null;
    }

    private static void print(Object... words) {
        System.out.println(String.join(" ", List.of(words).stream().map(Object::toString).toList()));
    }
}
