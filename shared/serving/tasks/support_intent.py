"""Which of 77 things a customer wants, or which of those that were added."""

from dataclasses import replace

from shared.events import CustomerMessageReceived
from shared.inference.prediction import out_of_scope, prediction
from shared.inference.prototypes import IntentsFile
from shared.inference.text import Ids
from shared.serving.task import Task
from shared.serving.tasks.customer import analyzed
from shared.serving.tasks.text import text_task

SUPPORT_INTENT: Task[CustomerMessageReceived, str, Ids] = replace(
    text_task(
        "support_intent",
        raw=lambda event: event.text,
        result=lambda event, row, bundle, decision: analyzed(event, decision, intent=prediction(row, bundle)),
    ),
    vectors=("pooled",),
    out_of_scope=lambda row, bundle: out_of_scope(row["logits"], bundle.outputs["logits"]),
)


def support_intent(added: IntentsFile) -> Task[CustomerMessageReceived, str, Ids]:
    """Return the same task with the intents that are in the file at the time of each message."""
    return replace(
        SUPPORT_INTENT,
        result=lambda event, row, bundle, decision: analyzed(
            event, decision, intent=added.current(bundle).prediction(row, bundle.outputs["logits"])
        ),
    )
