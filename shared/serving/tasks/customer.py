"""Result events of both models of customer messages."""

from shared.events import CustomerMessageAnalyzed, CustomerMessageReceived, DecisionRecord, Prediction


def analyzed(
    event: CustomerMessageReceived,
    decision: DecisionRecord,
    *,
    intent: Prediction | None = None,
    sentiment: Prediction | None = None,
) -> CustomerMessageAnalyzed:
    """Return the result event of a message."""
    return CustomerMessageAnalyzed(
        event_id=event.child_id(CustomerMessageAnalyzed),
        occurred_at=event.occurred_at,
        cause_id=event.event_id,
        conversation_id=event.conversation_id,
        customer_id=event.customer_id,
        channel=event.channel,
        text=event.text,
        intent=intent,
        sentiment=sentiment,
        decision=decision,
    )
