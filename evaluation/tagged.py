"""Readers of the data sets that tag each word: files in, words and tags out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from evaluation.datasets import OPENERS, readable
from shared.inference.spans import OUTSIDE, kind_of, spans_of


@dataclass(frozen=True, slots=True)
class TaggedRows:
    """Texts in the words of their data set, and the tag of each word (see `shared.inference.spans`)."""

    words: Sequence[Sequence[str]]
    tags: Sequence[Sequence[str]]

    def __add__(self, other: "TaggedRows") -> "TaggedRows":
        """Return the rows of both."""
        return TaggedRows([*self.words, *other.words], [*self.tags, *other.tags])

    def written(self, how: Callable[[str], str]) -> "TaggedRows":
        """Return the same rows with each word as `how` spells it."""
        return TaggedRows([[how(word) for word in words] for words in self.words], self.tags)


@dataclass(frozen=True, slots=True)
class TaggedSet:
    """A data set of tagged words, split into training, validation and test rows by its authors."""

    kinds: tuple[str, ...]
    train: TaggedRows
    valid: TaggedRows
    test: TaggedRows


def conll2003(root: Path) -> TaggedSet:
    """Return sentences of Reuters news, with persons, organisations, places and others."""
    kinds = {"PER": "person", "ORG": "organisation", "LOC": "place", "MISC": "other"}
    train, valid, test = (
        _tagged(root / "ner_conll2003" / f"eng.{part}.gz", " ", kinds) for part in ("train", "testa", "testb")
    )
    return TaggedSet(tuple(kinds.values()), train, valid, test)


def wnut17(root: Path) -> TaggedSet:
    """Return messages of social media, with persons, places, groups, firms, products and works."""
    names = ("person", "location", "group", "corporation", "product", "creative-work")
    files = ("wnut17train.conll", "emerging.dev.conll", "emerging.test.annotated")
    kinds = {name: name for name in names}
    train, valid, test = (_tagged(root / "ner_wnut17" / file, "\t", kinds) for file in files)
    return TaggedSet(names, train, valid, test)


def _tagged(path: Path, separator: str, kinds: Mapping[str, str]) -> TaggedRows:
    """Return the rows of a file with one word per line, its tag last, and an empty line after each text."""
    with readable(path), OPENERS.get(path.suffix, open)(path, "rt", encoding="utf-8") as lines:
        fields = [line.strip().split(separator) for line in lines]
        texts = [list(part) for is_text, part in groupby(fields, _is_of_a_text) if is_text]
    return TaggedRows(
        [[field[0] for field in text] for text in texts],
        [_begun([field[-1] for field in text], kinds) for text in texts],
    )


def _is_of_a_text(field: Sequence[str]) -> bool:
    return len(field) > 1 and field[0] != "-DOCSTART-"


def _begun(tags: Sequence[str], kinds: Mapping[str, str]) -> list[str]:
    """Return tags in which every span begins with `B-`; in IOB1 only a span that touches another does."""
    named = [tag if tag == OUTSIDE else f"{tag[0]}-{kinds[kind_of(tag)]}" for tag in tags]
    starts = {span.start for span in spans_of(named)}
    return [f"B-{kind_of(tag)}" if place in starts else tag for place, tag in enumerate(named)]
