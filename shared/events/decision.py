"""Decision record: model, version, confidence and timings behind a result."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Prediction(BaseModel):
    """The answer of one classifier."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    label: str
    confidence: Share
    """Calibrated probability of `label`."""

    runner_up: str
    """The second most probable label."""

    margin: Share
    """Probability of `label` minus that of `runner_up`."""


class DecisionRecord(BaseModel):
    """Facts that explain one result or allow to repeat it."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", protected_namespaces=(), use_attribute_docstrings=True
    )

    model: str
    model_version: str
    preprocessing_hash: str
    """sha256 over the tokenizer and label files that were used."""

    cached: bool
    """True when an equal input had been answered before and no model was asked."""

    degraded: bool = False
    """True when a fallback answered instead of the model."""

    queue_ms: Annotated[float, Field(ge=0.0)]
    """From the time the encoded input could join a batch until that batch left for the model; 0 when cached.
    """

    infer_ms: Annotated[float, Field(ge=0.0)]
    """The model call, including transport; 0 when cached."""

    total_ms: Annotated[float, Field(ge=0.0)]
    """From the record's arrival in the worker until its result was ready to publish."""

    trace_id: str
    """W3C trace id, 32 hexadecimal digits."""

    out_of_scope: Share | None = None
    """How foreign the input is to the model, 0 to 1; null when that was not measured.

    At 0.05 it is as familiar as half of the rows that the model was validated with; only 5 % of those lie
    above 0.5.
    """
