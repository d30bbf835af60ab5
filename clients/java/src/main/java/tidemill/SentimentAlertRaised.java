package tidemill;

import java.util.List;
import java.util.UUID;

/** A company's news turned negative: topic sentiment.alert_raised.v1. */
public record SentimentAlertRaised(
    UUID eventId,
    String occurredAt,
    UUID causeId,
    UUID alertId,
    String company,
    String topic,
    double negativeMean,
    int storyCount,
    int negativeCount,
    String windowStart,
    String windowEnd,
    List<Evidence> evidence) {}
