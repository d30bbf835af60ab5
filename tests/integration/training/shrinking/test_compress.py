"""Rounding: its effects on weights and answers."""

from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="the training extra is not installed")
torch = pytest.importorskip("torch", reason="the training extra is not installed")

from torch import Tensor  # noqa: E402

from training.rows.examples import Examples  # noqa: E402
from training.scoring.evaluate import logits_of  # noqa: E402
from training.shrinking.compress import (  # noqa: E402
    CoarseEmbedding,
    PackedEmbedding,
    with_half_weights,
    with_int8_matrices,
)

WIDTH = 400
PIECES = 50


def rows(seed: int, count: int) -> Examples:
    random = np.random.default_rng(seed)
    inputs = [random.integers(0, PIECES, random.integers(1, 9)).astype(np.int32) for _ in range(count)]
    return Examples(inputs, {})


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a graph of one large product, in float and in int8; piece 0 stands out by its size."""
    random = np.random.default_rng(1)
    table = random.normal(size=(PIECES, WIDTH)).astype(np.float32)
    table[0] *= 20.0
    matrix = random.normal(size=(WIDTH, WIDTH)).astype(np.float32) / WIDTH**0.5
    helper, array = onnx.helper, onnx.numpy_helper.from_array
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "input_ids"], ["pieces"]),
            helper.make_node("MatMul", ["pieces", "matrix"], ["products"], name="large"),
            helper.make_node("ReduceMax", ["products"], ["logits"], axes=[1], keepdims=0),
        ],
        "net",
        [helper.make_tensor_value_info("input_ids", onnx.TensorProto.INT32, ["batch", "tokens"])],
        [helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["batch", WIDTH])],
        [array(table, "table"), array(matrix, "matrix")],
    )
    folder = tmp_path_factory.mktemp("models")
    exact, small = folder / "exact.onnx", folder / "small.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), exact)
    with_int8_matrices(exact, small, rows(seed=2, count=200))
    return exact, small


def test_int8_keeps_the_answers_and_shrinks_the_matrix(models: tuple[Path, Path]) -> None:
    exact, small = models
    examples = rows(seed=3, count=100)

    wanted, got = logits_of(exact, examples)["logits"], logits_of(small, examples)["logits"]

    assert np.abs(got - wanted).mean() < 0.05 * wanted.std()
    saved_bytes = exact.stat().st_size - small.stat().st_size
    assert saved_bytes > 2.9 * WIDTH * WIDTH


def test_the_answer_to_a_row_does_not_depend_on_its_company(models: tuple[Path, Path]) -> None:
    _, small = models
    quiet, loud = np.array([7, 8, 9], dtype=np.int32), np.array([0, 0, 0], dtype=np.int32)

    alone = logits_of(small, Examples([quiet], {}))["logits"][0]
    in_company = logits_of(small, Examples([quiet, loud], {}))["logits"][0]

    assert alone.tolist() == in_company.tolist()


def test_nothing_outside_the_onnx_standard_is_used(models: tuple[Path, Path]) -> None:
    _, small = models
    assert {node.domain for node in onnx.load(small).graph.node} == {""}


def test_half_precision_halves_the_file_and_keeps_the_answers(
    models: tuple[Path, Path], tmp_path: Path
) -> None:
    exact, half = models[0], tmp_path / "half.onnx"

    with_half_weights(exact, half)

    examples = rows(seed=3, count=100)
    wanted, got = logits_of(exact, examples)["logits"], logits_of(half, examples)["logits"]
    assert 0 < np.abs(got - wanted).max() < 0.002 * wanted.std()
    assert half.stat().st_size < 0.52 * exact.stat().st_size


@pytest.fixture
def words() -> Tensor:
    """Return word vectors, the first one silent and one much larger than the others."""
    table: Tensor = torch.randn(PIECES, 32, generator=torch.Generator().manual_seed(1))
    table[0] = 0.0
    table[7] *= 100.0
    return table


def test_coarse_word_vectors_are_half_a_step_off_at_most_and_never_learn(words: Tensor) -> None:
    coarse = CoarseEmbedding.rounded(words)

    step = words.abs().amax(1, keepdim=True) / 7
    assert ((coarse.weight - words).abs() <= 0.501 * step).all()
    assert not coarse.weight.requires_grad


def test_packed_word_vectors_are_the_coarse_ones_in_half_a_byte_a_value(words: Tensor) -> None:
    coarse = CoarseEmbedding.rounded(words)
    packed = PackedEmbedding(coarse)
    ids = torch.randint(0, PIECES, (4, 9), generator=torch.Generator().manual_seed(2))

    assert torch.equal(packed(ids), coarse(ids))
    assert packed.pairs.dtype == torch.uint8
    assert 2 * packed.pairs.numel() == words.numel()
