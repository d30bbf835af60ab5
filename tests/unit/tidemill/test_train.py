"""`tidemill train` says what it needs, and takes what the training takes."""

import pytest

from shared.errors import ConfigError
from tidemill.commands.train import refuse_without


def test_without_the_training_extra_the_cure_is_named() -> None:
    with pytest.raises(ConfigError, match=r"needs no_such_library, .*pip install 'tidemill\[training\]'"):
        refuse_without(("json", "no_such_library"))


def test_with_everything_there_nothing_is_said() -> None:
    refuse_without(("json", "csv"))
