"""From a tag a word to spans: `B-x` begins a span of type x, `I-x` goes on with it, `O` is none.

Ramshaw and Marcus 1995, "Text Chunking using Transformation-Based Learning", in the variant called IOB2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

OUTSIDE = "O"


@dataclass(frozen=True, slots=True)
class Span:
    """Neighbouring words that are one thing: `end` is the number of the word behind the last one."""

    kind: str
    start: int
    end: int


def spans_of(tags: Sequence[str]) -> list[Span]:
    """Return the spans in the order of the words.

    A model may go on with what it never began: such a word begins a span, as in the official
    scoring of CoNLL-2003.
    """
    starts = [place for place, tag in enumerate(tags) if _begins(tag, tags[place - 1] if place else OUTSIDE)]
    return [Span(kind_of(tags[start]), start, _end(tags, start)) for start in starts]


def kind_of(tag: str) -> str:
    """Return the type that a tag speaks of; empty for none."""
    return tag.partition("-")[2]


def tags_of(kinds: Sequence[str]) -> tuple[str, ...]:
    """Return all tags for spans of these types, `O` first."""
    return (OUTSIDE, *(f"{mark}-{kind}" for kind in kinds for mark in "BI"))


def _begins(tag: str, before: str) -> bool:
    return tag != OUTSIDE and (tag[0] == "B" or kind_of(tag) != kind_of(before))


def _end(tags: Sequence[str], start: int) -> int:
    going_on = f"I-{kind_of(tags[start])}"
    end = start + 1
    while end < len(tags) and tags[end] == going_on:
        end += 1
    return end
