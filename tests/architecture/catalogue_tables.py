"""Tables of topics, services and rights in docs/operations.md; `python -m` writes them.

A table stands between `<!-- table NAME -->` and `<!-- end -->`; the rest of its page is written by hand.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from shared.catalogue import REPLAY_GROUP, SERVICES, Service, Table, readers
from shared.events import BY_NAME, DEAD_SUFFIX

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "operations.md"
ALL_GROUPS = "tidemill-"
"""First part of the name of every group."""

_TABLE = re.compile(r"(<!-- table (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def written(page: str) -> str:
    """Return a page with each of its tables as the catalogue has it."""
    return _TABLE.sub(lambda found: f"{found[1]}{_TABLES[found[2]]()}\n{found[3]}", page)


def tables_of(page: str) -> list[str]:
    """Return the names of the tables of a page."""
    return [found[2] for found in _TABLE.finditer(page)]


def _processes() -> str:
    heads = ("process", "command", "reads", "models", "writes", "consumer group")
    rows = (
        (
            each.name,
            f"`{_command(each)}`",
            _names([*each.input_topics, *_all_topics(each)]),
            _names(each.models),
            _names(each.output_topics),
            each.group if each.inputs else "",
        )
        for each in SERVICES
    )
    return _table(heads, rows)


def _command(service: Service) -> str:
    return " ".join(
        [*(f"{name}={value}" for name, value in service.env.items()), "python -m", service.module]
    )


def _topics() -> str:
    writers = {topic: service.name for service in SERVICES for topic in service.output_topics}
    rows = (
        (name, event.key_field, writers.get(name, "you"), _names(each.name for each in readers(name)), dead)
        for name, event in BY_NAME.items()
        for dead in (name + DEAD_SUFFIX if readers(name) else "",)
    )
    return _table(("topic", "key", "written by", "read by", "dead letters on"), rows)


def _changelogs() -> str:
    rows = (
        (topic, each.name, f"as {each.input_topics[0]}", _config(each.table))
        for each in SERVICES
        if each.table
        for topic in _changelog(each)
    )
    return _table(("changelog", "service", "partitions", "configuration"), rows)


def _config(table: Table) -> str:
    return _names(f"`{key}={value}`" for key, value in table.topic_config.items())


def _rights() -> str:
    heads = ("user", "Read, topics", "Read, group", "Write, topics", "Write, transactional ids")
    operator = (
        "tidemill-operator, a person",
        "all",
        "all",
        "what `play` and `dead replay` send to",
        "",
    )
    rows = (
        (
            each.group,
            _names([*each.input_topics, *_all_topics(each), *_changelog(each)]),
            _groups(each),
            _names(_written(each)),
            f"that begin with `{each.group}-`" if _uses_transactions(each) else "",
        )
        for each in SERVICES
    )
    return _table(heads, [*rows, operator])


def _grants() -> str:
    lines = [line for each in SERVICES for line in _grants_of(each)]
    return "\n".join(["```sh", *lines, *_grants_of_operator(), "```"])


def _grants_of(service: Service) -> Iterator[str]:
    def grant(*words: str) -> str:
        return " ".join(["grant", service.group, *words])

    if service.inputs:
        yield grant("--operation Read", *_topic_options(service.input_topics), f"--group {service.group}")
    if service.watches:
        yield grant("--operation Read", *_topic_options(service.watched_topics))
    if service.replays:
        yield grant(f"--operation Read --group {REPLAY_GROUP} --resource-pattern-type prefixed")
    if service.sees_groups:
        yield grant(f"--operation Describe --group {ALL_GROUPS} --resource-pattern-type prefixed")
    if written := [topic for topic in _written(service) if topic != service.changelog]:
        yield grant("--operation Write", *_topic_options(written))
    if _uses_transactions(service):
        yield grant(
            f"--operation Write --transactional-id {service.group}-", "--resource-pattern-type prefixed"
        )
    for topic in _changelog(service):
        yield grant("--operation Read --operation Write --operation Create", f"--topic {topic}")


def _grants_of_operator() -> Iterator[str]:
    read_by_services = [topic for service in SERVICES for topic in service.input_topics]
    for operation, topics in (("Read", BY_NAME), ("Write", read_by_services)):
        prefixes = dict.fromkeys(topic.partition(".")[0] + "." for topic in topics)
        options = " ".join(_topic_options(prefixes))
        yield f"grant tidemill-operator --operation {operation} {options} --resource-pattern-type prefixed"
    yield f"grant tidemill-operator --operation Read --group {ALL_GROUPS} --resource-pattern-type prefixed"


def _uses_transactions(service: Service) -> bool:
    """Return whether a service can deliver exactly once: it reads as a group, and has no table."""
    return bool(service.inputs) and service.table is None


def _all_topics(service: Service) -> tuple[str, ...]:
    """Return the topics that a service reads without a group, in words: they are all there are."""
    return ("all topics and dead letters, without a group",) if service.watches else ()


def _groups(service: Service) -> str:
    own = [service.group] if service.inputs else []
    marks = [f"that begin with `{REPLAY_GROUP}`"] if service.replays else []
    seen = [f"Describe of those that begin with `{ALL_GROUPS}`"] if service.sees_groups else []
    return _names([*own, *marks, *seen])


def _written(service: Service) -> list[str]:
    topics = (*service.output_topics, *service.dead_topics, *service.replayed_topics, *_changelog(service))
    return list(dict.fromkeys(topics))


def _changelog(service: Service) -> tuple[str, ...]:
    return (service.changelog,) if service.changelog else ()


def _topic_options(topics: Iterable[str]) -> list[str]:
    return [f"--topic {topic}" for topic in topics]


def _names(names: Iterable[str]) -> str:
    return ", ".join(names)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


_TABLES: Mapping[str, Callable[[], str]] = {
    "processes": _processes,
    "topics": _topics,
    "changelogs": _changelogs,
    "rights": _rights,
    "grants": _grants,
}


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
