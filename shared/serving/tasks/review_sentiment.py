"""Sentiment of a review."""

from shared.events import Channel, CustomerMessageReceived
from shared.inference.prediction import prediction
from shared.inference.text import Ids
from shared.serving.task import Task
from shared.serving.tasks.customer import analyzed
from shared.serving.tasks.text import text_task

_TOKEN_BUDGET = 8192
"""An LSTM takes one step per token for any batch size, so larger batches make long reviews cheaper."""

TASK: Task[CustomerMessageReceived, str, Ids] = text_task(
    "review_sentiment",
    wanted=lambda event: event.channel is Channel.REVIEW,
    raw=lambda event: event.text,
    result=lambda event, row, bundle, decision: analyzed(event, decision, sentiment=prediction(row, bundle)),
    token_budget=_TOKEN_BUDGET,
)
