"""Labels that a correction may name."""

from pathlib import Path

from deploy.local.paths import MODELS
from shared.corrections.labels import Labels
from shared.events.corrections import OUT_OF_SCOPE
from shared.inference.prototypes import AddedIntent, AddedIntents, write_intents
from shared.repository.bundle import load_bundle


def test_labels_are_those_of_the_model_and_out_of_scope(tmp_path: Path) -> None:
    labels = Labels(repository=MODELS, intents_file=tmp_path / "none.json")

    assert labels.of("review_sentiment", "1", "logits") == {"negative", "positive", OUT_OF_SCOPE}
    assert {"Bearish", "Bullish", "Neutral"} < labels.of("news_tone", "1", "sentiment_logits")


def test_a_version_that_is_gone_leaves_the_labels_of_the_newest_one(tmp_path: Path) -> None:
    labels = Labels(repository=MODELS, intents_file=tmp_path / "none.json")

    assert labels.of("digit", "99", "logits") == {*map(str, range(10)), OUT_OF_SCOPE}


def test_added_intents_are_labels_too(tmp_path: Path) -> None:
    path = tmp_path / "intents.json"
    added = AddedIntent(name="crypto", sentences=("Do you sell bitcoin?",), vector=(1.0,), threshold=0.5)
    bundle = load_bundle(MODELS, "support_intent")
    write_intents(path, AddedIntents.none_for(bundle).with_intent(added))

    labels = Labels(repository=MODELS, intents_file=path)

    assert "crypto" in labels.of("support_intent", "1", "logits")
    assert "crypto" not in labels.of("review_sentiment", "1", "logits")


def test_a_broken_file_of_intents_hides_no_label_of_the_model(tmp_path: Path) -> None:
    path = tmp_path / "intents.json"
    path.write_text("no json", encoding="utf-8")

    assert "0" in Labels(repository=MODELS, intents_file=path).of("digit", "1", "logits")
