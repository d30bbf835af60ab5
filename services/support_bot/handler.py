"""customer.message_analyzed.v1 -> support.message_routed.v1: each message gets one route."""

from collections.abc import Sequence

from services.support_bot.replies import Answers
from services.support_bot.rules import route
from services.support_bot.settings import RoutingSettings
from shared.bus.port import Outcome
from shared.bus.received import Received
from shared.errors import RejectedError
from shared.events import CustomerMessageAnalyzed, SupportMessageRouted
from shared.reasons import Reason


class SupportBot:
    """Gives each analyzed message exactly one route."""

    def __init__(self, answers: Answers, limits: RoutingSettings) -> None:
        self._answers = answers
        self._limits = limits

    async def handle(self, received: Sequence[Received[CustomerMessageAnalyzed]]) -> Sequence[Outcome]:
        """Return one routed message for each analyzed one, or the reason why it has no route."""
        return [self._outcome(each.event) for each in received]

    def _outcome(self, analyzed: CustomerMessageAnalyzed) -> Outcome:
        try:
            return [self.decide(analyzed)]
        except RejectedError as refusal:
            return refusal

    def decide(self, analyzed: CustomerMessageAnalyzed) -> SupportMessageRouted:
        """Return the route of a message. Raises RejectedError when it carries no prediction."""
        prediction = analyzed.intent or analyzed.sentiment
        if prediction is None:
            raise RejectedError(Reason.WRONG_SHAPE, "neither intent nor sentiment is set")
        chosen = route(prediction, self._answers, self._limits, degraded=analyzed.decision.degraded)
        return SupportMessageRouted(
            event_id=analyzed.child_id(SupportMessageRouted),
            occurred_at=analyzed.occurred_at,
            cause_id=analyzed.event_id,
            message_id=analyzed.cause_id,
            conversation_id=analyzed.conversation_id,
            customer_id=analyzed.customer_id,
            text=analyzed.text,
            lane=chosen.lane,
            queue=chosen.queue,
            priority=chosen.priority,
            reply=chosen.reply,
            reason=chosen.reason,
            intent=analyzed.intent,
            sentiment=analyzed.sentiment,
            received_at=analyzed.occurred_at,
            channel=analyzed.channel,
            model=analyzed.decision.model,
            model_version=analyzed.decision.model_version,
            out_of_scope=analyzed.decision.out_of_scope,
        )
