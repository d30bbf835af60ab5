"""Partition counts of inputs and changelog: equal, or a line that says the cure."""

import pytest

from shared.errors import ConfigError
from shared.stateful.source import common_partition_count


def test_inputs_and_changelog_of_equal_counts_are_fine() -> None:
    assert common_partition_count({"news": 4, "trades": 4, "changelog": 4}, changelog="changelog") == 4


def test_inputs_that_differ_stop_the_start_and_the_line_says_how_to_grow_them() -> None:
    with pytest.raises(ConfigError, match=r"has 4, trades has 2: give each 4 with `kafka-topics.sh"):
        common_partition_count({"news": 4, "trades": 2})


def test_a_topic_that_grew_beyond_its_table_stops_the_service_and_the_line_says_the_cure() -> None:
    with pytest.raises(
        ConfigError, match=r"has 4 partitions, but the table's topic changelog has 2.* delete"
    ):
        common_partition_count({"news": 4, "changelog": 2}, changelog="changelog")
