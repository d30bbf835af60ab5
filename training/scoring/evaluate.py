"""Evaluation of an exported model, the file that Triton serves, on test rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from evaluation.metrics import (
    Bin,
    Chances,
    Confusion,
    Covered,
    LabelScore,
    Marks,
    accuracy_by_coverage,
    auroc,
    calibration_error,
    confusions,
    energy,
    label_scores,
    macro_f1,
    reliability,
    softmax,
)
from evaluation.spans import SpanScore, span_scores
from evaluation.texts import Labels
from shared.inference.spans import likeliest, spans_of
from shared.repository.bundle import OutputSpec, Scope
from training.rows.examples import UNKNOWN, Examples
from training.scoring.scope import scope_of

_BATCH = 32
_TEMPERATURES = np.geomspace(0.25, 4.0, 97)
_SHARES = tuple(round(0.05 * step, 2) for step in range(1, 21))
_SHOWN = 10
"""Number of weakest labels and of most frequent mistakes that are kept."""

_ROW_NDIM = 2
"""Axes of logits per row and of targets per token."""

Logits = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LengthScore:
    """Accuracy in one length bucket, up to `tokens`; percent."""

    tokens: int
    accuracy: float
    n: int


@dataclass(frozen=True, slots=True)
class Rounding:
    """Cost of rounding: the float model's accuracy, and its agreement with the rounded one; percent."""

    float_accuracy: float
    agreement: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfScope:
    """AUROC in percent: share of pairs of a test row and a foreign row where the test row scores higher."""

    n: int
    by_confidence: float
    by_energy: float
    caught_at_95: float = 0.0
    """Percent of the foreign rows below the energy that 95 % of the test rows exceed."""

    refusal: "Refusal | None" = None
    """None when the model's scope was not measured."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Effect of refusing rows that score above one half; the score was fitted on held-back rows."""

    caught: float
    """Percent of the foreign rows that are refused."""

    kept: float
    """Percent of the test rows that are not refused."""


@dataclass(frozen=True, slots=True)
class Respelled:
    """F1 of whole spans in test rows of another spelling; a share."""

    how: str
    f1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Figures of one output of a model. Those of all rows are percent, those of parts are shares."""

    output: str
    n: int
    accuracy: float
    macro_f1: float
    temperature: float
    calibration_error: float
    uncalibrated_error: float
    """Calibration error without temperature."""

    bins: Sequence[Bin]
    coverage: Sequence[Covered]
    weakest: Sequence[LabelScore]
    confused: Sequence[Confusion]
    lengths: Sequence[LengthScore] = ()
    """By quarters of the rows, shortest texts first; empty for images."""

    rounding: Rounding | None = None
    """None when the served file is float, or was not compared."""

    out_of_scope: OutOfScope | None = None
    spans: Sequence[SpanScore] = ()
    """Score of whole spans over all types, then of each type, for models that label words."""

    respelled: Sequence[Respelled] = ()


def logits_of(model: Path, examples: Examples) -> dict[str, Logits]:
    """Return each output for all rows, float32 [rows, width], computed in batches of similar length.

    An output per token is float32 [rows, longest, width], zero behind the end of a row.
    """
    session = session_of(model, threads=2)
    names = [output.name for output in session.get_outputs()]
    feed = session.get_inputs()[0].name
    order = np.argsort(examples.lengths(), kind="stable")
    parts = [
        session.run(names, {feed: batch.input_array()}) for batch in examples.batches(_BATCH, order=order)
    ]
    back = np.argsort(order, kind="stable")
    return {name: _joined([part[column] for part in parts])[back] for column, name in enumerate(names)}


def _joined(parts: Sequence[Logits]) -> Logits:
    """Return the batches of an output as one array."""
    longest = max(part.shape[1] for part in parts)
    ragged = parts[0].ndim > _ROW_NDIM
    return np.concatenate(
        [np.pad(part, ((0, 0), (0, longest - part.shape[1]), (0, 0))) if ragged else part for part in parts]
    )


def session_of(model: Path, *, threads: int) -> ort.InferenceSession:
    """Return an inference session of an ONNX file on this number of CPU threads."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    return ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def reports(
    logits: Mapping[str, Logits], examples: Examples, specs: Mapping[str, OutputSpec]
) -> list[Report]:
    """Return one report for each output of `specs`, over the rows with a known label."""
    lengths = None if isinstance(examples.inputs, np.ndarray) else examples.lengths()
    results = []
    for name, spec in specs.items():
        target = examples.targets[name]
        known = target != UNKNOWN
        report = _report(name, spec, logits[name][known], target[known])
        if lengths is not None:
            right = logits[name].argmax(-1)[known] == target[known]
            report = replace(report, lengths=_by_length(lengths[known.nonzero()[0]], right))
        if target.ndim == _ROW_NDIM:
            report = replace(report, spans=_span_scores(spec, logits[name], target))
        results.append(report)
    return results


def _report(output: str, spec: OutputSpec, logits: Logits, target: Labels) -> Report:
    names = np.array(spec.labels)
    said, wanted = names[logits.argmax(1)], names[target]
    right = said == wanted
    plain, confidence = softmax(logits).max(1), softmax(logits, spec.temperature).max(1)
    return Report(
        output=output,
        n=len(target),
        accuracy=percent(float(right.mean())),
        macro_f1=percent(macro_f1(said, wanted)),
        temperature=spec.temperature,
        calibration_error=percent(calibration_error(confidence, right)),
        uncalibrated_error=percent(calibration_error(plain, right)),
        bins=reliability(confidence, right),
        coverage=accuracy_by_coverage(confidence, right, _SHARES),
        weakest=label_scores(said, wanted)[:_SHOWN],
        confused=confusions(said, wanted, _SHOWN),
    )


def _span_scores(spec: OutputSpec, logits: Logits, target: Labels) -> list[SpanScore]:
    """Return the score of whole spans, by the words of each row."""
    names, known = np.array(spec.labels), target != UNKNOWN
    right = [names[row[words]] for row, words in zip(target, known, strict=True)]
    said = [
        names[likeliest(softmax(row[words], spec.temperature), spec.labels)]
        for row, words in zip(logits, known, strict=True)
    ]
    return span_scores(*([set(spans_of(tags.tolist())) for tags in rows] for rows in (said, right)))


def percent(share: float) -> float:
    """Return a share as percent with two digits, as in cards."""
    return round(100.0 * share, 2)


def _by_length(lengths: NDArray[np.int64], right: Marks) -> list[LengthScore]:
    edges = np.unique(np.quantile(lengths, (0.25, 0.5, 0.75, 1.0), method="inverted_cdf"))
    places = np.searchsorted(edges, lengths)
    return [
        LengthScore(int(edge), percent(float(right[places == place].mean())), int((places == place).sum()))
        for place, edge in enumerate(edges)
    ]


def with_rounding(report: Report, *, exact: Logits, rounded: Logits, target: Labels) -> Report:
    """Return the report of a rounded model with the answers of its float original to the same rows."""
    known = target != UNKNOWN
    said, before = rounded.argmax(-1)[known], exact.argmax(-1)[known]
    cost = Rounding(
        float_accuracy=percent(float((before == target[known]).mean())),
        agreement=percent(float((said == before).mean())),
    )
    return replace(report, rounding=cost)


def with_respelled(
    report: Report, spec: OutputSpec, *, said: Mapping[str, Logits], right: Mapping[str, Labels]
) -> Report:
    """Return the report with the span score of respelled rows, by spelling."""
    scores = {how: _span_scores(spec, logits, right[how])[0] for how, logits in said.items()}
    return replace(report, respelled=[Respelled(how, score.f1) for how, score in scores.items()])


def with_out_of_scope(
    report: Report, *, inside: Logits, outside: Logits, scope: Scope | None = None
) -> Report:
    """Return the report with the separation of test rows from rows that no label fits."""
    sure, foreign = (softmax(logits, report.temperature).max(1) for logits in (inside, outside))
    own, other = energy(inside), energy(outside)
    told = OutOfScope(
        n=len(outside),
        by_confidence=percent(auroc(sure, foreign)),
        by_energy=percent(auroc(own, other)),
        caught_at_95=percent(float((other < np.quantile(own, 0.05)).mean())),
        refusal=_refusal(own, other, scope) if scope else None,
    )
    return replace(report, out_of_scope=told)


def _refusal(own: Chances, other: Chances, scope: Scope) -> Refusal:
    return Refusal(
        caught=percent(float((other < scope.middle).mean())),
        kept=percent(float((own >= scope.middle).mean())),
    )


def calibrated(output: OutputSpec, logits: Logits, target: Labels, *, mislabelled_share: float) -> OutputSpec:
    """Return the output's spec with temperature and scope, fitted on logits of held-back rows.

    Models of words have no scope.
    """
    scale = temperature(logits, target, mislabelled_share=mislabelled_share)
    scope = scope_of(logits) if logits.ndim == _ROW_NDIM else None
    return output.model_copy(update={"temperature": scale, "scope": scope})


def temperature(logits: Logits, target: Labels, *, mislabelled_share: float = 0.0) -> float:
    """Return the divisor of the logits that makes the labels most probable.

    The share `mislabelled_share` of the labels counts as drawn at random, so wrong labels do not lower the
    other confidences. Guo et al. 2017, "On Calibration of Modern Neural Networks".
    """
    known = target != UNKNOWN
    losses = [
        _loss(softmax(logits[known], scale), target[known], mislabelled_share) for scale in _TEMPERATURES
    ]
    return round(float(_TEMPERATURES[int(np.argmin(losses))]), 4)


def _loss(chances: Chances, target: Labels, mislabelled_share: float) -> float:
    by_chance = mislabelled_share / chances.shape[1]
    labelled = (1.0 - mislabelled_share) * chances[np.arange(len(target)), target] + by_chance
    # Avoids log(0): a probability may underflow.
    return float(-np.log(np.maximum(labelled, np.finfo(np.float64).tiny)).mean())
