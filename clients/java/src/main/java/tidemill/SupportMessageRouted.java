package tidemill;

import java.util.UUID;

/** The bot chose queue, priority and lane for a message: topic support.message_routed.v1. */
public record SupportMessageRouted(
    UUID eventId,
    String occurredAt,
    UUID causeId,
    UUID messageId,
    String conversationId,
    String customerId,
    String text,
    String lane,
    String queue,
    String priority,
    String reply,
    String reason,
    Prediction intent,
    Prediction sentiment,
    String receivedAt,
    String channel,
    String model,
    String modelVersion,
    Double outOfScope) {}
