"""ModelBundle: what a model folder says, and what is said about a folder that is no such thing."""

import hashlib
import json
from pathlib import Path

import pytest

from shared.errors import ConfigError
from shared.inference.encoders import text_encoder, word_encoder
from shared.repository.bundle import ImageSpec, load_bundle

TEXT = {"kind": "text", "max_tokens": 8, "outputs": {"logits": {"labels": ["no", "yes"], "temperature": 1.5}}}
WORDS = {"kind": "words", "max_tokens": 8, "outputs": {"logits": {"labels": ["O", "B-place"]}}}
IMAGE = {
    "kind": "image",
    "width": 4,
    "height": 2,
    "mode": "L",
    "resize": "fit",
    "outputs": {"logits": {"labels": ["no", "yes"]}},
}


def a_repository(root: Path, preprocessing: object, *, tokenizer: bytes | None = None) -> Path:
    folder = root / "tone" / "1"
    folder.mkdir(parents=True)
    (folder / "preprocessing.json").write_text(json.dumps(preprocessing))
    if tokenizer is not None:
        (folder / "tokenizer.json").write_bytes(tokenizer)
    return root


def test_a_text_model_has_labels_and_temperatures(tmp_path: Path) -> None:
    bundle = load_bundle(a_repository(tmp_path, TEXT, tokenizer=b"{}"), "tone")

    assert bundle.outputs["logits"].labels == ("no", "yes")
    assert bundle.outputs["logits"].temperature == 1.5


def test_the_hash_covers_the_tokenizer_and_then_the_preprocessing(tmp_path: Path) -> None:
    bundle = load_bundle(a_repository(tmp_path, TEXT, tokenizer=b"{}"), "tone")

    assert bundle.preprocessing_hash == hashlib.sha256(b"{}" + json.dumps(TEXT).encode()).hexdigest()


def test_an_image_model_says_what_it_wants_to_see(tmp_path: Path) -> None:
    bundle = load_bundle(a_repository(tmp_path, IMAGE), "tone")

    assert bundle.image_spec() == ImageSpec(width=4, height=2, mode="L", resize="fit")
    assert bundle.image_spec().shape == (2, 4, 1)


def test_an_image_model_refuses_text_and_a_text_model_refuses_images(tmp_path: Path) -> None:
    image = load_bundle(a_repository(tmp_path / "a", IMAGE), "tone")
    text = load_bundle(a_repository(tmp_path / "b", TEXT, tokenizer=b"{}"), "tone")

    with pytest.raises(ConfigError, match="takes images"):
        text_encoder(image)
    with pytest.raises(ConfigError, match="takes text"):
        text.image_spec()


def test_a_model_of_words_takes_neither_whole_texts_nor_images_and_a_text_model_no_words(
    tmp_path: Path,
) -> None:
    words = load_bundle(a_repository(tmp_path / "a", WORDS, tokenizer=b"{}"), "tone")
    text = load_bundle(a_repository(tmp_path / "b", TEXT, tokenizer=b"{}"), "tone")

    with pytest.raises(ConfigError, match="labels its words"):
        text_encoder(words)
    with pytest.raises(ConfigError, match="labels its words"):
        words.image_spec()
    with pytest.raises(ConfigError, match="takes text"):
        word_encoder(text)


@pytest.mark.parametrize(
    "preprocessing",
    [{}, {"kind": "sound"}, {**TEXT, "max_tokens": 0}, {**TEXT, "speed": 3}, {**IMAGE, "mode": "CMYK"}],
)
def test_a_broken_description_is_one_line_that_names_the_cure(tmp_path: Path, preprocessing: object) -> None:
    with pytest.raises(ConfigError, match="make train MODEL=tone") as refused:
        load_bundle(a_repository(tmp_path, preprocessing, tokenizer=b"{}"), "tone")

    assert "\n" not in str(refused.value)


def test_a_missing_folder_or_tokenizer_is_one_line_that_names_the_cure(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="make train MODEL=ghost"):
        load_bundle(tmp_path, "ghost")
    with pytest.raises(ConfigError, match=r"tokenizer\.json is missing"):
        load_bundle(a_repository(tmp_path, TEXT), "tone")
