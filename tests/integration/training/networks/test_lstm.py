"""The LSTM reads each row to its own end, whatever stands beside or behind it."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the training extra is not installed")

import onnxruntime  # noqa: E402 -- only with the extra
from torch import Tensor, nn  # noqa: E402 -- only with the extra
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence  # noqa: E402

from shared.repository.config import ModelConfig, TensorConfig  # noqa: E402
from training.export import write_onnx  # noqa: E402
from training.networks.nets import LstmClassifier  # noqa: E402

WORDS, WIDTH, HIDDEN = 30, 8, 6


@pytest.fixture
def net() -> LstmClassifier:
    torch.manual_seed(3)
    net = LstmClassifier(words=torch.randn(WORDS, WIDTH), hidden=HIDDEN, dropout=0.5)
    return net.eval()


def a_row(length: int, padding: int = 0) -> Tensor:
    ids = torch.arange(1, length + 1, dtype=torch.int32) % (WORDS - 1) + 1
    row: Tensor = nn.functional.pad(ids, (0, padding)).unsqueeze(0)
    return row


def test_padding_changes_no_answer(net: LstmClassifier) -> None:
    torch.testing.assert_close(net(a_row(5, padding=9))["logits"], net(a_row(5))["logits"])


def test_company_changes_no_answer(net: LstmClassifier) -> None:
    together = net(torch.cat((a_row(4, padding=6), a_row(10))))["logits"]

    torch.testing.assert_close(together[:1], net(a_row(4))["logits"])
    torch.testing.assert_close(together[1:], net(a_row(10))["logits"])


def test_the_end_of_a_row_counts_as_its_beginning_does(net: LstmClassifier) -> None:
    row = a_row(12)
    other_end, other_start = row.clone(), row.clone()
    other_end[0, -1], other_start[0, 0] = WORDS - 1, WORDS - 1

    assert not torch.equal(net(row)["logits"], net(other_end)["logits"])
    assert not torch.equal(net(row)["logits"], net(other_start)["logits"])


def test_it_computes_what_a_packed_bidirectional_lstm_does(net: LstmClassifier) -> None:
    packed = nn.LSTM(WIDTH, HIDDEN, bidirectional=True, batch_first=True)
    for name, weight in net.body["there"].named_parameters():
        packed.get_parameter(name).data = weight.data
        packed.get_parameter(f"{name}_reverse").data = net.body["back"].get_parameter(name).data
    lengths = torch.tensor([4, 10])
    rows = net.body["words"](torch.cat((a_row(4, padding=6), a_row(10))).long())

    together = pack_padded_sequence(rows, lengths, batch_first=True, enforce_sorted=False)
    whole, _ = pad_packed_sequence(packed(together)[0], batch_first=True)

    means = torch.stack([row[:length].mean(0) for row, length in zip(whole, lengths, strict=True)])
    highest = torch.stack([row[:length].amax(0) for row, length in zip(whole, lengths, strict=True)])
    wanted = net.heads["logits"](torch.cat((highest, means), dim=1))
    got = net(torch.cat((a_row(4, padding=6), a_row(10))))["logits"]
    torch.testing.assert_close(got, wanted)


@pytest.mark.parametrize(("rows", "length"), [(1, 1), (1, 30), (7, 12)])
def test_the_exported_file_takes_any_batch_and_any_length(
    net: LstmClassifier, tmp_path: Path, rows: int, length: int
) -> None:
    inputs, outputs = TensorConfig("input_ids", "INT32", (-1,)), TensorConfig("logits", "FP32", (2,))
    config = ModelConfig(name="lstm", inputs=(inputs,), outputs=(outputs,), max_batch_size=8)
    write_onnx(net, config, torch.cat((a_row(2, padding=3), a_row(5))), tmp_path / "model.onnx")

    batch = a_row(length, padding=2).expand(rows, -1)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    (answer,) = session.run(None, {"input_ids": batch.numpy()})

    torch.testing.assert_close(torch.from_numpy(answer), net(batch)["logits"].detach(), atol=1e-5, rtol=1e-4)
