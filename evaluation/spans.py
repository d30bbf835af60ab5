"""Scores of spans: a span is right when its type and both ends are right.

The measure of CoNLL-2003 (Tjong Kim Sang and De Meulder 2003), in plain Python, so the running pipeline can
be measured too.
"""

from collections.abc import Hashable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol


class Found(Hashable, Protocol):
    """A span of a text; equal ones have the same type and ends."""

    @property
    def kind(self) -> str:
        """Type of the span."""
        ...


@dataclass(frozen=True, slots=True)
class SpanScore:
    """Score of the `n` spans of one type or of all; shares, not percent."""

    kind: str
    precision: float
    recall: float
    f1: float
    n: int


ALL = "all"
"""Name of the score over all types."""


def span_scores(said: Sequence[AbstractSet[Found]], right: Sequence[AbstractSet[Found]]) -> list[SpanScore]:
    """Return the score over all types, then of each type in `right`, by name.

    Both arguments hold one set per text, in the same order.
    """
    kinds = sorted({span.kind for spans in right for span in spans})
    return [
        _score(ALL, said, right),
        *(_score(kind, _only(kind, said), _only(kind, right)) for kind in kinds),
    ]


def _only(kind: str, texts: Sequence[AbstractSet[Found]]) -> list[AbstractSet[Found]]:
    return [{span for span in spans if span.kind == kind} for spans in texts]


def _score(kind: str, said: Sequence[AbstractSet[Found]], right: Sequence[AbstractSet[Found]]) -> SpanScore:
    hits = sum(len(one & other) for one, other in zip(said, right, strict=True))
    said_count, right_count = (sum(map(len, spans)) for spans in (said, right))
    return SpanScore(
        kind=kind,
        precision=hits / max(1, said_count),
        recall=hits / max(1, right_count),
        f1=2 * hits / max(1, said_count + right_count),
        n=right_count,
    )
