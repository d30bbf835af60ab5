"""The command that trains, as people type it: above all, what it says when it can't."""

import gzip
import json
import resource
import zipfile
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

torch = pytest.importorskip("torch", reason="the training extra is not installed")
pytest.importorskip("onnxruntime", reason="the training extra is not installed")

from deploy.local.paths import MODELS  # noqa: E402 -- from here on only with the extra
from tests.support.stripes import write_stripes  # noqa: E402
from training.command import app  # noqa: E402
from training.console import plain_endings  # noqa: E402
from training.recipes import bitext_intent  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def stripes(tmp_path: Path) -> Path:
    return write_stripes(tmp_path / "data")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "models"


def train(model: str, data: Path, *options: str, out: Path) -> Result:
    return CliRunner().invoke(app, [model, "--data", str(data), "--out", str(out), *options])


def with_table(root: Path, content: bytes) -> Path:
    path = root / bitext_intent.TABLE.train
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(content))
    return root


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "needs the columns instruction and intent"),
        (b"text,label\nhello,a\n", "needs the columns instruction and intent; has text, label"),
        (b"instruction,intent\nhello,a\nhallo,\n", "record 2 lacks its instruction or its intent"),
        (b"instruction,intent\nhello,a\nhallo\n", "record 2 lacks its instruction or its intent"),
        (
            b"instruction,intent\nhello,a\nhallo,a\nbye,b\n",
            "fewer than 2 rows to train with have the label 'b'",
        ),
        (b"instruction,intent\nhello,a\nhallo,a\nbye,b\nciao,b\n", "too few to hold out 10% of each label"),
        (b"instruction,intent\nhell\xff,a\n", "can't decode byte 0xff"),
        (b'instruction,intent\n"' + 200_000 * b"x" + b'",a\n', "field larger than field limit"),
    ],
)
def test_a_table_that_cannot_be_learned_is_told_in_one_line(
    tmp_path: Path, out: Path, content: bytes, said: str
) -> None:
    result = train("bitext_intent", with_table(tmp_path, content), out=out)

    assert result.exit_code == 2
    assert said in result.output
    assert len(result.output.splitlines()) == 1
    assert not out.exists()


@pytest.mark.parametrize(
    ("train_rows", "said"),
    [
        ("Where is it?,card_arrival\nWhere?,card_arrival\n", "have the label 'lost_card'; add some"),
        ("Hi,card_arrival\nHo,card_arrival\nMine?,lost\n", "unknown label 'lost'; known are 'card_arrival'"),
    ],
)
def test_labels_that_do_not_fit_the_list_of_the_data_set_are_named(
    tmp_path: Path, out: Path, train_rows: str, said: str
) -> None:
    folder = tmp_path / "banking77"
    folder.mkdir()
    (folder / "categories.json").write_text('["card_arrival", "lost_card"]', encoding="utf-8")
    (folder / "train.csv").write_text(f"text,category\n{train_rows}", encoding="utf-8")
    (folder / "test.csv").write_text("text,category\nHey,card_arrival\n", encoding="utf-8")

    result = train("support_intent", tmp_path, out=out)

    assert (result.exit_code, len(result.output.splitlines())) == (2, 1)
    assert said in result.output


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ('{"model_type": "roberta"}', "is an encoder of the kind 'roberta'; name a BERT one"),
        ("{", "no encoder can be had by that name"),
    ],
)
def test_an_encoder_that_is_no_bert_is_refused_by_name(
    tmp_path: Path, out: Path, config: str, said: str
) -> None:
    lines = "".join(f"hello {number},{number % 2}\n" for number in range(40))
    encoder = tmp_path / "other"
    encoder.mkdir()
    (encoder / "config.json").write_text(config, encoding="utf-8")

    data = with_table(tmp_path, f"instruction,intent\n{lines}".encode())
    result = train("bitext_intent", data, "--encoder", str(encoder), out=out)

    assert (result.exit_code, len(result.output.splitlines())) == (2, 1)
    assert f"{encoder}" in result.output
    assert said in result.output


def test_a_photo_that_is_none_is_told_by_its_place_in_one_line(tmp_path: Path, out: Path) -> None:
    folder = tmp_path / "food10"
    folder.mkdir()
    (folder / "classes.txt").write_text("pizza", encoding="utf-8")
    for part in ("train", "test"):
        with zipfile.ZipFile(folder / f"{part}.zip", "w") as archive:
            archive.writestr(f"{part}/pizza/17.jpg", b"no photo")

    result = train("dish_photo_rival", tmp_path, out=out)

    assert (result.exit_code, len(result.output.splitlines())) == (2, 1)
    assert "train.zip/train/pizza/17.jpg: no readable JPEG" in result.output
    assert "replace the photo, or take it out" in result.output


def test_a_full_disk_ends_in_one_line_and_leaves_no_half_of_a_model(stripes: Path, out: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))

    try:
        result = train("digit", stripes, "--epochs", "1", out=out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert result.exit_code == 2
    assert "make room, or write elsewhere: --out DIR" in result.output.splitlines()[-1]
    assert not (out / "digit").exists()


def test_a_folder_that_is_a_file_is_no_place_for_models(stripes: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    result = train("digit", stripes, "--epochs", "1", out=tmp_path / "file")

    assert result.exit_code == 2
    assert "write elsewhere: --out DIR" in result.output.splitlines()[-1]


def test_labels_in_another_order_replace_a_model_only_when_told_so(stripes: Path, out: Path) -> None:
    content = json.loads((MODELS / "digit" / "1" / "preprocessing.json").read_bytes())
    content["outputs"]["logits"]["labels"].reverse()
    (out / "digit" / "1").mkdir(parents=True)
    (out / "digit" / "1" / "preprocessing.json").write_text(json.dumps(content), encoding="utf-8")

    refused = train("digit", stripes, "--epochs", "1", out=out)
    told = train("digit", stripes, "--epochs", "1", "--relabel", out=out)

    assert refused.exit_code == 2
    assert "the labels of logits must begin with those of this model" in refused.output
    assert "--relabel" in refused.output
    assert told.exit_code == 0


def test_several_seeds_give_a_range_that_begins_with_the_model_that_ships(stripes: Path, out: Path) -> None:
    result = train("digit", stripes, "--epochs", "1", "--seeds", "2", out=out)

    card = json.loads((out / "digit" / "1" / "card.json").read_bytes())
    assert result.exit_code == 0
    assert card["run"]["seed"] == 7
    assert [card["metrics"][0]["value"]] == card["run"]["seeds"]["logits accuracy"][:1]
    assert [len(values) for values in card["run"]["seeds"].values()] == [2, 2, 2]
    assert [path.name for path in out.iterdir()] == ["digit"]


def test_a_model_without_rows_is_written_without_a_training(tmp_path: Path, out: Path) -> None:
    result = train("identity", tmp_path, out=out)

    assert result.exit_code == 0
    assert (out / "identity" / "1" / "model.onnx").is_file()


def test_ctrl_c_ends_with_the_code_that_shells_expect(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as end, plain_endings(lambda: "the same command goes on"):
        raise KeyboardInterrupt

    assert end.value.exit_code == 130
    assert capsys.readouterr().err == "the same command goes on\n"


@pytest.mark.parametrize("other", ["2", ".3.gone"])
def test_a_training_takes_no_other_version_away(stripes: Path, out: Path, other: str) -> None:
    (out / "digit" / other).mkdir(parents=True)

    result = train("digit", stripes, "--epochs", "1", out=out)

    assert result.exit_code == 2
    assert "tidemill models add" in result.output
    assert [path.name for path in (out / "digit").iterdir()] == [other]


def test_a_card_of_own_rows_says_whose_they_are(stripes: Path, out: Path) -> None:
    facts = 'data = "400 stripes"\nlicense = "ours"\ntest_data = "50 stripes"\n'
    (stripes / "digit.facts.toml").write_text(facts, encoding="utf-8")

    train("digit", stripes, "--epochs", "1", out=out)

    card = json.loads((out / "digit" / "1" / "card.json").read_bytes())
    assert (card["data"], card["license"], card["limits"]) == ("400 stripes", "ours", [])
    assert {figure["data"] for figure in card["metrics"]} == {"50 stripes"}


def test_facts_that_lack_something_are_told_in_one_line(stripes: Path, out: Path) -> None:
    (stripes / "digit.facts.toml").write_text('data = "stripes"\n', encoding="utf-8")

    result = train("digit", stripes, out=out)

    assert (result.exit_code, len(result.output.splitlines())) == (2, 1)
    assert "digit.facts.toml" in result.output
    assert "it needs data, license and test_data" in result.output
