"""Similarity of headlines by common word stems, to find reprints of a story."""

import re
from collections.abc import Iterable
from functools import lru_cache

_TICKER = re.compile(r"\$[A-Za-z][A-Za-z.]*")
_TAG = re.compile(
    r"^\W*(?:update|rpt|refile|correct\w*|breaking|exclusive|wrapup)\b[ \d]*[-:\u2013\u2014 ]*", re.IGNORECASE
)
_WORD = re.compile(r"[a-z0-9]+(?:\.[0-9]+)?")
_STEM_CHARS = 6
_EMPTY = frozenset(
    _WORD.findall(
        "a after amid an and are as at be been by for from has have in into is it its of on or over "
        "says that the their this to was were with"
    )
)
_SPELLINGS = {"mln": "million", "bln": "billion", "pct": "percent", "shs": "shares"}


def content_words(headline: str, *, company: str) -> frozenset[str]:
    """Return the stems that carry the story.

    Without the company's own name and ticker, which all its stories share, and without the
    tags of news wires ("UPDATE 1-", "RPT-").
    """
    text = _TAG.sub("", _TICKER.sub(" ", headline)).lower()
    own = set(_WORD.findall(company.lower()))
    words = (_SPELLINGS.get(word, word) for word in _WORD.findall(text))
    return frozenset(word.rstrip("s")[:_STEM_CHARS] for word in words if word not in own | _EMPTY)


# Each new story is compared with all kept ones, again and again. Its own words are not kept here: most
# stories are reprints, of which nobody asks again, and 8192 of them take 11 MB.
kept_words = lru_cache(maxsize=8192)(content_words)


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of common words, 0 to 1 (Jaccard index); 0 for a headline without words."""
    if not one or not other:
        return 0.0
    return len(one & other) / len(one | other)


def most_similar(words: frozenset[str], others: Iterable[frozenset[str]]) -> tuple[int, float]:
    """Return position and similarity of the most similar one, the first of equals; (-1, 0.0) without any."""
    scored = ((similarity(words, other), -position) for position, other in enumerate(others))
    score, position = max(scored, default=(0.0, 1))
    return -position, score
