"""Values that Kafka's own tools must not misread."""

from deploy.kafka.real import new_cluster_id


def test_no_cluster_id_looks_like_an_option_of_the_command_line() -> None:
    ids = [new_cluster_id() for _ in range(2000)]  # one in 64 would

    assert all(len(made) == 22 for made in ids)
    assert not any(made.startswith("-") for made in ids)
