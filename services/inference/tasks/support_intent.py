"""Which of 77 things a customer wants."""

from services.inference.tasks.customer import analyzed
from services.inference.tasks.task import Task
from services.inference.tasks.text import text_task
from shared.events import CustomerMessageReceived
from shared.inference.prediction import prediction
from shared.inference.text import Ids

SUPPORT_INTENT: Task[CustomerMessageReceived, str, Ids] = text_task(
    "support_intent",
    raw=lambda event: event.text,
    result=lambda event, row, bundle, decision: analyzed(event, decision, intent=prediction(row, bundle)),
)
