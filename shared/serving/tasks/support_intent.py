"""Intent of a customer message: a label of the model, or an intent added by `tidemill intents`."""

from dataclasses import replace

from shared.events import Channel, CustomerMessageReceived
from shared.inference.prediction import out_of_scope, prediction
from shared.inference.prototypes import IntentsFile
from shared.inference.text import Ids
from shared.serving.task import Result, Task
from shared.serving.tasks.customer import analyzed
from shared.serving.tasks.text import text_task


def _with_intents(added: IntentsFile) -> Result:
    """Return `result` with the intents of the file, read again for each message."""
    return lambda event, row, bundle, decision: analyzed(
        event, decision, intent=added.current(bundle).prediction(row, bundle.outputs["logits"])
    )


TASK: Task[CustomerMessageReceived, str, Ids] = replace(
    text_task(
        "support_intent",
        wanted=lambda event: event.channel is not Channel.REVIEW,
        raw=lambda event: event.text,
        result=lambda event, row, bundle, decision: analyzed(event, decision, intent=prediction(row, bundle)),
    ),
    vectors=("pooled",),
    out_of_scope=lambda row, bundle: out_of_scope(row["logits"], bundle.outputs["logits"]),
    with_intents=_with_intents,
)
