"""Names in headlines: found where they stand in the headline as it was published."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from shared.events import (
    Entity,
    EntityType,
    NewsArticleAnalyzed,
    NewsArticlePublished,
    Prediction,
)
from shared.inference.encoders import word_encoder
from shared.inference.spans import tags_of
from shared.inference.words import PIECES, Shape
from shared.repository.bundle import ModelBundle, load_bundle
from shared.serving.tasks import entities
from tests.support.events import decision

LABELS = tags_of(("person", "organisation", "place", "other"))
LETTERS = {letter: number for number, letter in enumerate("abcdefghijklmnopqrstuvwxyz&;'.,", start=4)}
ENDINGS = {f"##{letter}": len(LETTERS) + number for letter, number in LETTERS.items()}
DECISION = decision("entities")


@pytest.fixture
def bundle(tmp_path: Path) -> ModelBundle:
    """Return a model whose tokenizer spells words by letters, with one piece in front."""
    folder = tmp_path / "entities" / "1"
    folder.mkdir(parents=True)
    vocabulary = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, **LETTERS, **ENDINGS}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A", special_tokens=[("[CLS]", 2)])
    tokenizer.save(str(folder / "tokenizer.json"))
    spec = {"kind": "words", "max_tokens": 64, "outputs": {"logits": {"labels": LABELS}}}
    (folder / "preprocessing.json").write_text(json.dumps(spec))
    return load_bundle(tmp_path, "entities")


def a_story(headline: str) -> NewsArticlePublished:
    return NewsArticlePublished(
        event_id=UUID(int=1),
        occurred_at=datetime(2030, 1, 1, tzinfo=UTC),
        source="wire",
        company="Acme",
        headline=headline,
    )


def judged(story: NewsArticlePublished) -> NewsArticleAnalyzed:
    likely = Prediction(label="a", confidence=0.9, runner_up="b", margin=0.8)
    return NewsArticleAnalyzed(
        event_id=UUID(int=2),
        occurred_at=story.occurred_at,
        cause_id=story.event_id,
        source=story.source,
        company=story.company,
        headline=story.headline,
        published_at=story.occurred_at,
        topic=likely,
        sentiment=likely,
        negative=0.5,
        decision=DECISION,
    )


def found(headline: str, tags: dict[str, str], bundle: ModelBundle) -> tuple[Entity, ...]:
    """Return what is found where the model gives the words that begin with a letter a tag."""
    story = a_story(headline)
    (ids,) = word_encoder(bundle).encode([entities.TASK.raw(story)])
    logits = np.zeros((len(ids) + 3, len(LABELS)), dtype=np.float32)  # three places are padding
    logits[:, 0] = 1.0
    for place, number in enumerate(ids % PIECES):
        for letter, tag in tags.items():
            if number == LETTERS[letter]:
                logits[place, LABELS.index(tag)] = 5.0
    result = entities.TASK.result(judged(story), {"logits": logits}, bundle, DECISION)
    assert isinstance(result, NewsArticleAnalyzed)
    return result.entities


def test_a_name_of_two_words_is_one_entity_with_its_place(bundle: ModelBundle) -> None:
    (person,) = found("So John Major won", {"j": "B-person", "m": "I-person"}, bundle)

    assert (person.type, person.text, person.start, person.end) == (EntityType.PERSON, "John Major", 3, 13)
    assert 0.9 < person.confidence <= 1.0


@pytest.mark.parametrize(
    ("headline", "text"),
    [
        ("  Up: AT&amp;T, at last", "AT&amp;T"),
        ("See https://a.b/c now:\tA.T.", "A.T."),
        ("\U0001f600 caf\u00e9 \u00c4T wins", "\u00c4T"),
        ("re\u0301 AT", "AT"),
    ],
)
def test_places_count_in_the_headline_as_it_was_published(
    headline: str, text: str, bundle: ModelBundle
) -> None:
    tags = {"a": "B-organisation", "&": "I-organisation", "t": "I-organisation", ".": "I-organisation"}

    entity = found(headline, tags, bundle)[0]

    assert entity.text == headline[entity.start : entity.end]
    assert entity.text == text


def test_an_entity_is_as_sure_as_its_least_sure_word(bundle: ModelBundle) -> None:
    both = found("So John Major won", {"j": "B-person", "m": "I-person", "s": "O"}, bundle)
    one = found("So John won", {"j": "B-person"}, bundle)

    assert both[0].confidence == pytest.approx(one[0].confidence)


@pytest.mark.parametrize("headline", ["https://only.a/link", "nothing here"])
def test_a_headline_without_names_has_no_entities(headline: str, bundle: ModelBundle) -> None:
    assert found(headline, {}, bundle) == ()


def test_the_story_keeps_what_was_said_before_and_names_the_model_that_found_the_names(
    bundle: ModelBundle,
) -> None:
    before = judged(a_story("win"))

    after = entities.TASK.result(
        before, {"logits": np.zeros((4, len(LABELS)), dtype=np.float32)}, bundle, DECISION
    )

    assert after == before.model_copy(update={"entities_decision": DECISION})


def test_case_reaches_the_model_as_the_shape_of_each_word(bundle: ModelBundle) -> None:
    (ids,) = entities.TASK.encoder(bundle)([entities.TASK.raw(a_story("A win"))])

    assert not isinstance(ids, Exception)
    assert (ids // PIECES).tolist() == [Shape.NONE, Shape.INITIAL, *[Shape.LOWER] * 3]
