"""Export of corrections, one a line: JSON Lines for programs, CSV for people."""

import csv
import io
import json
from collections.abc import Iterable, Iterator

from shared.corrections.book import Correction
from shared.events import ImageCorrected, NewsArticleCorrected, Prediction, SupportMessageCorrected

COLUMNS = (
    "kind",
    "corrected_at",
    "corrected_by",
    "key_id",
    "result_id",
    "text",
    "field",
    "predicted",
    "confidence",
    "right",
    "model",
    "model_version",
    "note",
)

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that make a spreadsheet compute a cell."""


def json_lines(corrections: Iterable[Correction]) -> Iterator[str]:
    """Yield a line of JSON for each correction: its event, with the name of the event as `type`."""
    for each in corrections:
        yield json.dumps({"type": each.name, **each.model_dump(mode="json")}, ensure_ascii=False) + "\n"


def csv_lines(corrections: Iterable[Correction]) -> Iterator[str]:
    """Yield the head, and a line for each corrected field.

    Cells that a spreadsheet would compute begin with an apostrophe.
    """
    yield _line(COLUMNS)
    for each in corrections:
        for row in _rows(each):
            yield _line(row)


def _rows(correction: Correction) -> Iterator[tuple[str, ...]]:
    """Yield a row for each field that is right."""
    kind, text, fields = _told(correction)
    for field, predicted, confidence, right in fields:
        if right is not None:
            yield (
                kind,
                correction.occurred_at.isoformat(),
                correction.corrected_by or "",
                correction.key_id or "",
                str(correction.cause_id),
                text,
                field,
                predicted,
                confidence,
                right,
                correction.model or "",
                correction.model_version or "",
                correction.note or "",
            )


Field = tuple[str, str, str, str | None]
"""Name, prediction, its confidence and the right value of a field."""


def _told(correction: Correction) -> tuple[str, str, list[Field]]:
    """Return kind, text and fields of a correction."""
    match correction:
        case SupportMessageCorrected():
            said = _said(correction.predicted)
            return (
                "message",
                correction.text,
                [
                    ("intent", *said, correction.intent),
                    ("sentiment", *said, correction.sentiment),
                    ("lane", correction.routed_lane or "", "", correction.lane),
                    ("queue", correction.routed_queue or "", "", correction.queue),
                ],
            )
        case NewsArticleCorrected():
            return (
                "article",
                correction.headline,
                [
                    ("sentiment", *_said(correction.predicted_sentiment), correction.sentiment),
                    ("topic", *_said(correction.predicted_topic), correction.topic),
                ],
            )
        case ImageCorrected():
            return "image", correction.case_id, [("label", *_said(correction.predicted), correction.label)]


def _said(prediction: Prediction | None) -> tuple[str, str]:
    return ("", "") if prediction is None else (prediction.label, f"{prediction.confidence:.4f}")


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow("'" + cell if cell.startswith(_FORMULA) else cell for cell in cells)
    return line.getvalue()
