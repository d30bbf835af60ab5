"""The member of a group that has the static name of another process."""

import pytest

from shared.bus.kafka.identity import host_of_other

UUID_1, UUID_2 = "6f1e5c0e-8c3b-4f7a-9a53-0c62f4a7e2d1", "0b8f5d4e-2d1c-4a53-9a53-0c62f4a7e2d1"


@pytest.mark.parametrize(
    ("member_id", "expected"),
    [
        pytest.param(f"worker-1-{UUID_2}", "10.0.0.7", id="the name with another id"),
        pytest.param(f"worker-1-{UUID_1}", "", id="our own id"),
        pytest.param(f"worker-11-{UUID_2}", "", id="a longer name"),
        pytest.param(f"worker-{UUID_2}", "", id="a shorter name"),
        pytest.param("", "", id="no id"),
    ],
)
def test_another_process_has_the_name_where_the_member_id_is_new(member_id: str, expected: str) -> None:
    described = [(member_id, "client", "/10.0.0.7", b"", b"")]

    host = host_of_other(described, name="worker-1", own_ids={f"worker-1-{UUID_1}"})

    assert host == expected


def test_a_group_without_members_has_no_other_process() -> None:
    host = host_of_other([], name="worker-1", own_ids=set())

    assert host == ""
