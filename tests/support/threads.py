"""How many threads torch takes in tests."""

from collections.abc import Iterator

import pytest


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Small tensors are faster on one thread, and far faster on a busy machine."""
    torch = pytest.importorskip("torch", reason="the training extra is not installed")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
