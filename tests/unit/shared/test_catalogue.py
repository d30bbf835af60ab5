"""The catalogue agrees with the contract and with itself."""

from collections import Counter

import pytest

from shared.catalogue import (
    ALIASES,
    BULK_MODELS,
    CAUSE_FIELDS,
    DASHBOARD,
    DEAD_TOPICS,
    GATEWAY,
    LAST_RESULTS,
    SENTIMENT_ALERTS,
    SERVICES,
    STREAMS,
    Service,
    readers,
)
from shared.events import (
    BY_NAME,
    CORRECTIONS,
    DEAD_SUFFIX,
    INPUTS,
    RESULTS,
    CustomerMessageAnalyzed,
    ImageAnalyzed,
    NewsArticleAnalyzed,
    SupportMessageRouted,
)

EACH = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)


def test_every_event_of_the_contract_is_published_by_one_service() -> None:
    published = Counter(event for service in SERVICES for event in service.outputs)

    assert published == Counter([*INPUTS, *RESULTS, *CORRECTIONS])


def test_what_is_read_is_an_input_of_the_contract_or_a_result_of_another_service() -> None:
    read = {event for service in SERVICES for event in service.inputs}

    assert set(INPUTS) <= read <= {*INPUTS, *RESULTS}


def test_names_groups_streams_and_aliases_are_unique() -> None:
    names = [service.name for service in SERVICES]
    selected = [(service.module, service.stream) for service in SERVICES]
    aliases = [each for service in SERVICES for each in (service.inputs_alias, service.outputs_alias) if each]

    for values in (names, selected, aliases):
        assert Counter(values).most_common(1)[0][1] == 1
    assert not set(ALIASES) & set(BY_NAME)


@EACH
def test_the_inputs_of_a_service_with_a_table_share_their_key(service: Service) -> None:
    keys = {event.key_field for event in service.inputs}

    assert service.table is None or keys == {service.key_field}


@EACH
def test_results_that_answer_an_input_name_it_in_a_field_that_they_have(service: Service) -> None:
    assert service.answers is None or service.answers in service.inputs
    assert all(service.cause_field in output.model_fields for output in service.outputs if service.answers)


def test_the_last_result_for_a_message_is_its_route_and_for_news_and_images_what_a_model_said() -> None:
    assert {SupportMessageRouted, NewsArticleAnalyzed, ImageAnalyzed} <= LAST_RESULTS
    assert CustomerMessageAnalyzed not in LAST_RESULTS
    assert CAUSE_FIELDS[CustomerMessageAnalyzed] == "cause_id"
    assert CAUSE_FIELDS[SupportMessageRouted] == "message_id"


def test_no_live_stream_asks_a_bulk_model() -> None:
    live = {model for service in STREAMS.values() if not service.bulk for model in service.models}

    assert BULK_MODELS
    assert not live & set(BULK_MODELS)


def test_the_changelog_bears_the_names_of_its_group_and_its_table() -> None:
    assert SENTIMENT_ALERTS.changelog == "tidemill-sentiment-alerts-companies-changelog"


def test_readers_of_a_topic_are_found_by_its_name() -> None:
    assert [service.name for service in readers(NewsArticleAnalyzed.name)] == ["sentiment-alerts"]
    assert readers(SupportMessageRouted.name) == ()


def test_the_dashboard_reads_every_topic_and_writes_none() -> None:
    assert set(DASHBOARD.watched_topics) == {*BY_NAME, *DEAD_TOPICS}
    assert (DASHBOARD.output_topics, DASHBOARD.dead_topics, DASHBOARD.replayed_topics) == ((), (), ())


def test_the_gateway_replays_to_every_topic_that_has_dead_letters() -> None:
    assert {f"{topic}{DEAD_SUFFIX}" for topic in GATEWAY.replayed_topics} == set(DEAD_TOPICS)
