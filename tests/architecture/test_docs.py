"""Documents match the code."""

import re
from pathlib import Path

import pytest

from shared.bus.dead_letters import dead_letter
from shared.bus.record import Partition, Record
from shared.errors import RejectedError
from shared.events import CustomerMessageReceived, Reason
from tests.architecture import (
    asyncapi,
    catalogue_tables,
    contract_page,
    openapi,
    reference,
    seeds_page,
    settings_page,
)

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def test_the_page_of_settings_is_what_the_classes_say() -> None:
    written = settings_page.PAGE.read_text(encoding="utf-8")

    assert written == settings_page.page(), "run: python -m tests.architecture.settings_page"


def test_the_page_of_the_contract_is_what_the_events_say() -> None:
    written = contract_page.PAGE.read_text(encoding="utf-8")

    assert written == contract_page.page(), "run: python -m tests.architecture.contract_page"


def test_the_asyncapi_document_is_what_events_and_catalogue_say() -> None:
    written = asyncapi.DOCUMENT.read_text(encoding="utf-8")

    assert written == asyncapi.text(), "run: python -m tests.architecture.asyncapi"


def test_the_openapi_document_is_what_the_routes_say() -> None:
    written = openapi.DOCUMENT.read_text(encoding="utf-8")

    assert written == openapi.text(), "run: python -m tests.architecture.openapi"


def test_the_html_reference_is_that_of_the_documents_and_light() -> None:
    written = reference.PAGE.read_text(encoding="utf-8")

    assert written == reference.page(), "run: python -m tests.architecture.reference"
    assert len(written.encode()) < 300_000
    assert re.findall(r"(?:src|href)=.?(?:https?:)?//", written) == []


def test_every_link_within_the_html_reference_leads_somewhere() -> None:
    written = reference.PAGE.read_text(encoding="utf-8")
    ids = re.findall(r'\bid="([^"]+)"', written)

    assert len(set(ids)) == len(ids)
    assert set(re.findall(r'href="#([^"]+)"', written)) - set(ids) == set()


def test_the_headers_of_dead_letters_are_in_the_asyncapi_document() -> None:
    record = Record(Partition("a.topic", 0), 7, b"key", b"value", (), 0)
    letter = dead_letter(record, RejectedError(Reason.NOT_JSON, "no JSON"), group="a-group")

    documented = asyncapi.document()["components"]["schemas"]["DeadLetterHeaders"]["required"]

    assert documented == [name for name, _ in letter.headers]


def test_the_page_of_seeds_is_what_the_cards_say() -> None:
    written = seeds_page.PAGE.read_text(encoding="utf-8")

    assert written == seeds_page.page(), "run: python -m tests.architecture.seeds_page"


def test_the_tables_of_topics_services_and_rights_are_what_the_catalogue_says() -> None:
    page = catalogue_tables.PAGE.read_text(encoding="utf-8")

    assert catalogue_tables.tables_of(page)
    assert page == catalogue_tables.written(page), "run: python -m tests.architecture.catalogue_tables"


def test_the_example_of_the_contract_is_an_event() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", contract_page.HEAD, re.DOTALL)

    assert CustomerMessageReceived.from_json(example.encode()).key == b"c-17"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_within_the_repository_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8"))
    targets = [link for link in links if "://" not in link]

    assert [link for link in targets if not (document.parent / link).exists()] == []


def test_every_line_that_a_service_logs_is_explained_to_operators() -> None:
    sources = [path for folder in ("services", "shared") for path in (ROOT / folder).rglob("*.py")]
    calls = re.compile(r"\.(?:info|warning|error|exception)\(\s*\"([a-z_]+)\"")
    logged = {event for path in sources for event in calls.findall(path.read_text(encoding="utf-8"))}

    explained = set(re.findall(r"`([a-z_]+)`", (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")))

    assert len(logged) > 20
    assert logged - explained == set()


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.name)
def test_a_decision_is_short_and_names_its_price(decision: Path) -> None:
    text = decision.read_text(encoding="utf-8")

    assert len(text.splitlines()) <= 40
    assert "\n## Price\n" in text
    assert text.startswith(f"# {decision.name[:4]}: ")


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    named = set(
        re.findall(r"(?:^|`)make ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    )

    assert named - targets == set()
