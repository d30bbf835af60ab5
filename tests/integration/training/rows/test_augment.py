"""Rows as training shows them."""

import pytest

torch = pytest.importorskip("torch", reason="the training extra is not installed")

from training.rows.augment import some_hidden  # noqa: E402 -- only with the extra

MASK_ID = 9


def test_about_the_wanted_share_of_tokens_is_hidden() -> None:
    torch.manual_seed(1)
    ids = torch.full((100, 100), 5, dtype=torch.int32)

    hidden = some_hidden(ids, 0.15, MASK_ID)

    assert 0.13 < (hidden == MASK_ID).float().mean().item() < 0.17
    assert set(hidden.flatten().tolist()) == {5, MASK_ID}


def test_padding_is_never_hidden() -> None:
    ids = torch.tensor([[5, 6, 0, 0]], dtype=torch.int32)

    assert some_hidden(ids, 1.0, MASK_ID).tolist() == [[MASK_ID, MASK_ID, 0, 0]]


def test_nothing_is_hidden_without_a_share() -> None:
    ids = torch.tensor([[5, 6, 7]], dtype=torch.int32)

    assert torch.equal(some_hidden(ids, 0.0, MASK_ID), ids)
