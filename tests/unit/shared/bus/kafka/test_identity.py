"""The member of a group that has the static name of another process."""

import pytest

from shared.bus.kafka.identity import assignor_of, host_of_other, identity_of
from shared.settings import KafkaSettings

UUID = "6f1e5c0e-8c3b-4f7a-9a53-0c62f4a7e2d1"
OURS, THEIRS = b"topics, our token", b"topics, another"


@pytest.mark.parametrize(
    ("member_id", "metadata", "expected"),
    [
        pytest.param(f"worker-1-{UUID}", THEIRS, "10.0.0.7", id="the name without our token"),
        pytest.param(f"worker-1-{UUID}", OURS, "", id="our own membership, whatever its id"),
        pytest.param(f"worker-11-{UUID}", THEIRS, "", id="a longer name"),
        pytest.param(f"worker-{UUID}", THEIRS, "", id="a shorter name"),
        pytest.param(f"worker-1-{UUID}", b"", "", id="no metadata, as in a rebalance"),
        pytest.param("", THEIRS, "", id="no id"),
    ],
)
def test_another_process_has_the_name_where_its_metadata_lack_our_token(
    member_id: str, metadata: bytes, expected: str
) -> None:
    described = [(member_id, "client", "/10.0.0.7", metadata, b"")]

    host = host_of_other(described, name="worker-1", token="our token")

    assert host == expected


def test_a_group_without_members_has_no_other_process() -> None:
    host = host_of_other([], name="worker-1", token="our token")

    assert host == ""


def test_each_join_carries_the_token_of_its_identity() -> None:
    identity = identity_of(KafkaSettings(), group="group", name="worker-1")

    metadata = assignor_of(identity).metadata({"topic"})

    assert identity is not None
    assert identity.token.encode() in metadata.encode()
